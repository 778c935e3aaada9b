//! How sheets get onto the screen: a camera for each whose viewport is its hole, a quad before it with the cells'
//! material, and textures of which only rows that change are written.

use bevy::asset::RenderAssetUsages;
use bevy::camera::visibility::RenderLayers;
use bevy::camera::{CameraOutputMode, CameraUpdateSystems, ScalingMode};
use bevy::math::{uvec2, vec2};
use bevy::prelude::*;
use bevy::render::render_asset::RenderAssets;
use bevy::render::render_resource::{
    Extent3d, Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo, TextureAspect, TextureDimension, TextureFormat,
};
use bevy::render::renderer::{RenderAdapterInfo, RenderQueue};
use bevy::render::texture::GpuImage;
use bevy::render::view::Msaa;
use bevy::render::{ExtractSchedule, MainWorld, Render, RenderApp, RenderSystems};
use bevy::sprite_render::{Material2dPlugin, MeshMaterial2d};
use bevy_egui::egui::Pos2;
use bevy_egui::{EguiContexts, EguiPostUpdateSet, PrimaryEguiContext};
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
    let present = present.after(EguiPostUpdateSet::EndPass).before(CameraUpdateSystems);
    app.add_systems(PostUpdate, present.before(TransformSystems::Propagate));
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

/// What a sheet is drawn by.
struct Easel {
    camera: Entity,
    quad: Entity,
    material: Handle<CellMaterial>,
}

/// Rows to be written in this frame.
#[derive(Resource, Default)]
struct Uploads(Vec<(AssetId<Image>, Upload)>);

fn present(
    mut commands: Commands,
    mut easels: Local<Vec<Easel>>,
    mut contexts: EguiContexts,
    (mut sheets, mut uploads): (ResMut<Sheets>, ResMut<Uploads>),
    (mut images, mut meshes, mut materials): (
        ResMut<Assets<Image>>,
        ResMut<Assets<Mesh>>,
        ResMut<Assets<CellMaterial>>,
    ),
    adapter: Res<RenderAdapterInfo>,
    mut windows: Query<&mut Camera, With<PrimaryEguiContext>>,
    mut cameras: Query<(&mut Camera, &mut Projection, &mut Transform), Without<PrimaryEguiContext>>,
    mut quads: Query<&mut Transform, (With<Mesh2d>, Without<Camera>)>,
) -> Result {
    let per_point = contexts.ctx_mut()?.pixels_per_point();
    if easels.is_empty() {
        let mesh = meshes.add(Rectangle::new(1.0, 1.0));
        for index in 0..sheets.0.len() {
            let material = CellMaterial::new(|layer| images.add(texture(layer, (1, 1))));
            easels.push(Easel::new(index, &mesh, materials.add(material), &mut commands));
        }
        return Ok(());
    }
    let most = SAMPLES[usize::from(adapter.device_type != DeviceType::Cpu)];
    let (mut stage, mut cleared) = (None, false);
    for (easel, shown) in easels.iter().zip(&mut sheets.0) {
        let Some(before) = materials.get(&easel.material) else { continue };
        let mut material = CellMaterial { look: shown.look.clone(), parts: shown.parts, ..before.clone() };
        for upload in shown.uploads.drain(..) {
            let layer = material.layer(upload.layer);
            if images.get(&*layer).is_none_or(|image| image.size() != uvec2(upload.size.1 as u32, upload.size.0 as u32))
            {
                *layer = images.add(texture(upload.layer, upload.size));
            }
            uploads.0.push((layer.id(), upload));
        }
        // A rival is held against the stage.
        material.other = stage.get_or_insert_with(|| material.cells.clone()).clone();
        let (mut camera, mut projection, mut at) = cameras.get_mut(easel.camera)?;
        let placed = shown.place.and_then(|place| place.pixels(per_point));
        if camera.is_active != placed.is_some() {
            camera.is_active = placed.is_some();
        }
        let Some(Pixels { from, size, corner, scale }) = placed else { continue };
        material.parts.far = scale < 1.0;
        material.look.samples = most;
        if material != *before {
            materials.insert(&easel.material, material)?;
        }
        let viewport = camera.viewport.get_or_insert_default();
        (viewport.physical_position, viewport.physical_size) = (from, size);
        camera.clear_color = if cleared { ClearColorConfig::None } else { ClearColorConfig::Default };
        cleared = true;
        let cells = size.as_vec2() / scale;
        let centre = (from.as_vec2() - corner) / scale + 0.5 * cells;
        at.set_if_neq(Transform::from_xyz(centre.x, -centre.y, 0.0));
        quads.get_mut(easel.quad)?.set_if_neq(Transform::from_scale(cells.extend(1.0)));
        let fixed = ScalingMode::Fixed { width: cells.x, height: cells.y };
        if let Projection::Orthographic(shown) = &*projection
            && !matches!(shown.scaling_mode, ScalingMode::Fixed { width, height } if vec2(width, height) == cells)
        {
            *projection = Projection::Orthographic(OrthographicProjection { scaling_mode: fixed, ..shown.clone() });
        }
    }
    // Clearing what is drawn over costs a frame as much as drawing it.
    windows.single_mut()?.clear_color = if cleared { ClearColorConfig::None } else { ClearColorConfig::Default };
    Ok(())
}

/// Where a sheet lies, in pixels.
struct Pixels {
    /// Its hole's upper left corner, and its width and height.
    from: UVec2,
    size: UVec2,
    /// Where cell (0, 0) begins.
    corner: Vec2,
    /// Pixels a cell.
    scale: f32,
}

impl Place {
    /// None where nothing of it can be seen.
    fn pixels(self, per_point: f32) -> Option<Pixels> {
        let pixel = |point: Pos2| (vec2(point.x, point.y) * per_point).round();
        let (from, to) = (pixel(self.hole.min).max(Vec2::ZERO), pixel(self.hole.max).max(Vec2::ZERO));
        let (from, to, corner) = (from.as_uvec2(), to.as_uvec2(), pixel(self.corner));
        (to.cmpgt(from).all()).then(|| Pixels { from, size: to - from, corner, scale: self.scale * per_point })
    }
}

impl Easel {
    fn new(index: usize, mesh: &Handle<Mesh>, material: Handle<CellMaterial>, commands: &mut Commands) -> Self {
        let layer = RenderLayers::layer(index + 1);
        // The window's own camera comes after it, and shows what both have drawn.
        let camera = Camera {
            order: index as isize - 8,
            is_active: false,
            output_mode: CameraOutputMode::Skip,
            ..Camera::default()
        };
        let camera = commands.spawn((Camera2d, camera, Msaa::Off, layer.clone())).id();
        let quad = (Mesh2d(mesh.clone()), MeshMaterial2d(material.clone()), layer, ChildOf(camera));
        Self { camera, quad: commands.spawn(quad).id(), material }
    }
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
