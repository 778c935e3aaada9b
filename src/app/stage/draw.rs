//! How sheets get onto the screen: a quad for each that fills its hole, under what egui draws, with the cells' material; and
//! textures of which only rows that change are written.

use bevy::asset::RenderAssetUsages;
use bevy::camera::visibility::VisibilitySystems;
use bevy::math::{uvec2, vec2};
use bevy::prelude::*;
use bevy::render::render_asset::RenderAssets;
use bevy::render::render_resource::{
    Extent3d, Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo, TextureAspect, TextureDimension, TextureFormat,
};
use bevy::render::renderer::{RenderAdapterInfo, RenderQueue};
use bevy::render::texture::GpuImage;
use bevy::render::{ExtractSchedule, MainWorld, Render, RenderApp, RenderSystems};
use bevy::sprite_render::{Material2dPlugin, MeshMaterial2d};
use bevy::window::PrimaryWindow;
use bevy_egui::egui::Pos2;
use bevy_egui::{EguiContexts, EguiPostUpdateSet};
use wgpu::DeviceType;

use super::material::{CellMaterial, Layer, Look, Parts, SHADER, TEXT};
use super::sheet::{Place, Sheet, Upload};

/// The most samples a side of a pixel that covers many cells, on a processor and on a device that is made for it.
const SAMPLES: [i32; 2] = [4, 8];

/// Has Bevy draw the sheets that are shown.
pub(in crate::app) fn plugin(app: &mut App) {
    let shader = Shader::from_wgsl(TEXT, "stage/cells.wgsl");
    app.add_plugins(Material2dPlugin::<CellMaterial>::default()).init_resource::<Sheets>().init_resource::<Uploads>();
    app.world_mut().resource_mut::<Assets<Shader>>().insert(&SHADER, shader).expect("the handle is valid");
    let present = present.after(EguiPostUpdateSet::EndPass).before(TransformSystems::Propagate);
    app.add_systems(Startup, hang).add_systems(PostUpdate, present.before(VisibilitySystems::VisibilityPropagate));
    if let Some(render) = app.get_sub_app_mut(RenderApp) {
        render.init_resource::<Uploads>().add_systems(ExtractSchedule, hand_over);
        render.add_systems(Render, write.in_set(RenderSystems::PrepareResources));
    }
}

/// What of a sheet is shown in a frame.
#[derive(Default)]
struct Shown {
    place: Option<Place>,
    look: Look,
    parts: Parts,
    uploads: Vec<Upload>,
}

/// What is shown: the stage or the training worlds, and the rival beside it.
#[derive(Resource, Default)]
pub struct Sheets([Shown; 2]);

impl Sheets {
    /// Shows those that were placed since the last call.
    pub fn show(&mut self, sheets: [&mut Sheet; 2]) {
        for (shown, sheet) in self.0.iter_mut().zip(sheets) {
            (shown.place, shown.look, shown.parts) = (sheet.place.take(), sheet.look.clone(), sheet.parts);
            shown.uploads.append(&mut sheet.uploads);
        }
    }

    /// Where the stage's corner lies in points, x then y, and how many points a cell has.
    pub fn view(&self) -> Option<[f32; 3]> {
        self.0[0].place.map(|place| [place.corner.x, place.corner.y, place.scale])
    }
}

/// Rows to be written in this frame.
#[derive(Resource, Default)]
struct Uploads(Vec<(AssetId<Image>, Upload)>);

/// A quad for each sheet.
fn hang(
    mut commands: Commands,
    (mut images, mut meshes, mut materials): (
        ResMut<Assets<Image>>,
        ResMut<Assets<Mesh>>,
        ResMut<Assets<CellMaterial>>,
    ),
    sheets: Res<Sheets>,
) {
    let mesh = Mesh2d(meshes.add(Rectangle::new(1.0, 1.0)));
    for index in 0..sheets.0.len() {
        let material = materials.add(CellMaterial::new(|layer| images.add(texture(layer, (1, 1)))));
        commands.spawn((Hung(index), mesh.clone(), MeshMaterial2d(material), Visibility::Hidden));
    }
}

/// The quad of the sheet with this index.
#[derive(Component)]
struct Hung(usize);

fn present(
    mut contexts: EguiContexts,
    (mut sheets, mut uploads): (ResMut<Sheets>, ResMut<Uploads>),
    (mut images, mut materials): (ResMut<Assets<Image>>, ResMut<Assets<CellMaterial>>),
    adapter: Res<RenderAdapterInfo>,
    window: Single<&Window, With<PrimaryWindow>>,
    mut quads: Query<(&Hung, &MeshMaterial2d<CellMaterial>, &mut Transform, &mut Visibility)>,
) -> Result {
    let per_point = contexts.ctx_mut()?.pixels_per_point();
    let most = SAMPLES[usize::from(adapter.device_type != DeviceType::Cpu)];
    let mut stage = None;
    for (Hung(index), MeshMaterial2d(handle), mut at, mut visible) in
        quads.iter_mut().sort_unstable_by_key::<&Hung, _>(|hung| hung.0)
    {
        let shown = &mut sheets.0[*index];
        let Some(before) = materials.get(handle) else { continue };
        let mut material = CellMaterial { look: shown.look.clone(), parts: shown.parts, ..before.clone() };
        for upload in shown.uploads.drain(..) {
            let layer = material.layer(upload.layer);
            let size = uvec2(upload.size.1 as u32, upload.size.0 as u32);
            if images.get(&*layer).is_none_or(|image| image.size() != size) {
                *layer = images.add(texture(upload.layer, upload.size));
            }
            uploads.0.push((layer.id(), upload));
        }
        // A rival is held against the stage.
        material.other = stage.get_or_insert_with(|| material.cells.clone()).clone();
        visible.set_if_neq(if shown.place.is_some() { Visibility::Inherited } else { Visibility::Hidden });
        if let Some(Place { hole, corner, scale }) = shown.place {
            let pixel = |point: Pos2| (vec2(point.x, point.y) * per_point).round();
            (material.look.corner, material.look.scale, material.look.samples) =
                (pixel(corner), scale * per_point, most);
            material.parts.far = material.look.scale < 1.0;
            // The window's camera measures from its middle upwards.
            let (from, to, middle) = (pixel(hole.min), pixel(hole.max), 0.5 * window.physical_size().as_vec2());
            let centre = (0.5 * (from + to) - middle) * vec2(1.0, -1.0) / window.scale_factor();
            let size = (to - from) / window.scale_factor();
            at.set_if_neq(Transform::from_translation(centre.extend(0.0)).with_scale(size.extend(1.0)));
        }
        if material != *before {
            materials.insert(handle, material)?;
        }
    }
    Ok(())
}

/// A texture without anything in it yet.
fn texture(layer: Layer, (height, width): (usize, usize)) -> Image {
    let size = Extent3d { width: width as u32, height: height as u32, depth_or_array_layers: 1 };
    let format = match layer {
        Layer::Cells | Layer::Ways => TextureFormat::R8Uint,
        Layer::Values => TextureFormat::R32Float,
    };
    Image::new_uninit(size, TextureDimension::D2, format, RenderAssetUsages::all())
}

fn hand_over(mut main: ResMut<MainWorld>, mut uploads: ResMut<Uploads>) {
    uploads.0.append(&mut main.resource_mut::<Uploads>().0);
}

fn write(mut uploads: ResMut<Uploads>, images: Res<RenderAssets<GpuImage>>, queue: Res<RenderQueue>) {
    for (id, upload) in uploads.0.drain(..) {
        let Some(image) = images.get(id) else { continue };
        let cells = upload.bytes.len() / image.texture_descriptor.format.block_copy_size(None).unwrap_or(1) as usize;
        let (width, rows) = (upload.size.1 as u32, (cells / upload.size.1) as u32);
        let to = TexelCopyTextureInfo {
            texture: &image.texture,
            mip_level: 0,
            origin: Origin3d { x: 0, y: upload.top as u32, z: 0 },
            aspect: TextureAspect::All,
        };
        let bytes_per_row = Some((upload.bytes.len() / rows as usize) as u32);
        let layout = TexelCopyBufferLayout { offset: 0, bytes_per_row, rows_per_image: None };
        let size = Extent3d { width, height: rows, depth_or_array_layers: 1 };
        queue.write_texture(to, &upload.bytes, layout, size);
    }
}
