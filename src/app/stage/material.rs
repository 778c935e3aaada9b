//! What Bevy draws cells with: `shaders/stage/cells.wgsl`, and what it takes.

use bevy::asset::uuid_handle;
use bevy::prelude::*;
use bevy::reflect::TypePath;
use bevy::render::mesh::MeshVertexBufferLayoutRef;
use bevy::render::render_resource::{AsBindGroup, RenderPipelineDescriptor, ShaderType, SpecializedMeshPipelineError};
use bevy::shader::ShaderRef;
use bevy::sprite_render::{AlphaMode2d, Material2d, Material2dKey};
use bevy_egui::egui::{Color32, Rgba};
use font8x8::legacy::BASIC_LEGACY;

use super::super::colours::ColourMap;
use crate::picture::scale::{self, Scale};
use crate::spec::COLOURS;
use crate::spec::config::Directions;

/// The shader.
pub(super) const SHADER: Handle<Shader> = uuid_handle!("6b1f7c0e-8c5e-4b38-9a53-0f6f4be0c0a1");
/// Its text.
pub(super) const TEXT: &str = include_str!("../../../shaders/stage/cells.wgsl");

/// The state of what is no cell.
pub(super) const GROUND: u8 = 15;
/// How much of what does not differ is hidden.
const DIM: f32 = 0.8;

/// What the shader's `look` holds. Colours are linear.
#[derive(ShaderType, Debug, Clone, PartialEq)]
pub struct Look {
    /// Of each state; the ground after them.
    colours: [Vec4; 16],
    /// The same colours where they do not differ from the other state.
    dim: [Vec4; 16],
    /// The overlay's, from the low end to the high one, times their opacity.
    ramp: [Vec4; 256],
    /// x and y of the beginnings and ends of each direction's three lines, in cells from the cell's middle.
    arrows: [Vec4; 24],
    /// The eight rows of each digit's pixels, in two words.
    digits: [UVec4; COLOURS],
    /// The overlay's scale.
    ends: Vec2,
    /// Where cell (0, 0) begins in the window, in pixels.
    pub(super) corner: Vec2,
    /// Columns and rows.
    pub(super) size: IVec2,
    /// Pixels a cell.
    pub(super) scale: f32,
    /// The most samples a side of a pixel that covers many cells.
    pub(super) samples: i32,
}

impl Default for Look {
    fn default() -> Self {
        let digits = std::array::from_fn(|digit| {
            let letter = BASIC_LEGACY[usize::from(b'0') + digit];
            let half = |i: usize| u32::from_le_bytes(std::array::from_fn(|row| letter[4 * i + row]));
            UVec4::new(half(0), half(1), 0, 0)
        });
        let (colours, ramp, arrows) = ([Vec4::ZERO; 16], [Vec4::ZERO; 256], [Vec4::ZERO; 24]);
        Self {
            colours,
            dim: colours,
            ramp,
            arrows,
            digits,
            ends: Vec2::ZERO,
            corner: Vec2::ZERO,
            size: IVec2::ZERO,
            scale: 1.0,
            samples: 4,
        }
    }
}

impl Look {
    /// The colours of the states, and of what lies around them.
    pub fn paint(&mut self, colours: ColourMap, ground: Color32) {
        let at = |state: usize| if state < COLOURS { colours.colour(state) } else { ground };
        self.colours = std::array::from_fn(|state| linear(at(state)));
        let dim =
            |state: usize| if state < COLOURS { at(state).lerp_to_gamma(Color32::from_gray(40), DIM) } else { ground };
        self.dim = std::array::from_fn(|state| linear(dim(state)));
    }

    /// The colours of an overlay, the ends of its scale, and what its arrows' indices are of.
    pub fn lay(&mut self, scale: Scale, ends: (f32, f32), directions: Directions) {
        self.ends = ends.into();
        self.ramp = std::array::from_fn(|step| {
            // The share that hides is taken in sRGB, as `scale::laid` does.
            let [r, g, b] =
                scale.colour(step as f32 / 255.0).map(|colour| (f32::from(colour) * scale::OPACITY).round() as u8);
            linear(Color32::from_rgb(r, g, b)).truncate().extend(scale::OPACITY)
        });
        let arrows = directions.offsets().iter().flat_map(|&way| scale::arrow(way));
        for (line, [from, to]) in self.arrows.iter_mut().zip(arrows) {
            *line = Vec4::new(from.1, from.0, to.1, to.0);
        }
    }
}

fn linear(colour: Color32) -> Vec4 {
    Vec4::from_array(Rgba::from(colour).to_array())
}

/// Which parts of the shader a picture needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Parts {
    /// More cells than pixels.
    pub(super) far: bool,
    /// Cells with numbers and lines between them.
    pub near: bool,
    /// Colours for numbers over the cells.
    pub overlay: bool,
    /// Arrows in the cells.
    pub arrows: bool,
    /// What differs from another state is lit.
    pub rival: bool,
}

/// The textures of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// A state a cell, one byte.
    Cells,
    /// A number a cell, four bytes.
    Values,
    /// Directions of arrows a cell, as bits of their indices, one byte.
    Ways,
}

/// Cells, and what lies over them.
#[derive(Asset, TypePath, AsBindGroup, Debug, Clone, PartialEq)]
#[bind_group_data(Parts)]
pub(super) struct CellMaterial {
    #[uniform(0)]
    pub(super) look: Look,
    #[texture(1, sample_type = "u_int")]
    pub(super) cells: Handle<Image>,
    #[texture(2, sample_type = "u_int")]
    pub(super) other: Handle<Image>,
    #[texture(3, sample_type = "float", filterable = false)]
    pub(super) values: Handle<Image>,
    #[texture(4, sample_type = "u_int")]
    pub(super) ways: Handle<Image>,
    pub(super) parts: Parts,
}

impl CellMaterial {
    /// One with these textures.
    pub(super) fn new(mut texture: impl FnMut(Layer) -> Handle<Image>) -> Self {
        let cells = texture(Layer::Cells);
        let (values, ways) = (texture(Layer::Values), texture(Layer::Ways));
        Self { look: Look::default(), other: cells.clone(), cells, values, ways, parts: Parts::default() }
    }

    /// The texture of a layer.
    pub(super) fn layer(&mut self, layer: Layer) -> &mut Handle<Image> {
        match layer {
            Layer::Cells => &mut self.cells,
            Layer::Values => &mut self.values,
            Layer::Ways => &mut self.ways,
        }
    }
}

impl From<&CellMaterial> for Parts {
    fn from(material: &CellMaterial) -> Self {
        material.parts
    }
}

impl Material2d for CellMaterial {
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    // The pass of what can be seen through runs whether there is something in it or not; another one would cost a software
    // device a tenth of a frame.
    fn alpha_mode(&self) -> AlphaMode2d {
        AlphaMode2d::Blend
    }

    fn specialize(
        descriptor: &mut RenderPipelineDescriptor,
        _layout: &MeshVertexBufferLayoutRef,
        key: Material2dKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let Parts { far, near, overlay, arrows, rival } = key.bind_group_data;
        let parts = [(far, "FAR"), (near, "NEAR"), (overlay, "OVERLAY"), (arrows, "ARROWS"), (rival, "RIVAL")];
        if let Some(fragment) = &mut descriptor.fragment {
            fragment.targets.iter_mut().flatten().for_each(|target| target.blend = None);
            fragment.shader_defs.extend(parts.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use naga::valid::{Capabilities, ValidationFlags, Validator};

    use super::*;

    /// What the shader imports, as far as it uses it.
    const IMPORTED: &str = "
        struct VertexOutput { @builtin(position) position: vec4f }
    ";

    /// The shader's text with these parts.
    fn text(parts: &[&str]) -> String {
        let mut on = vec![true];
        let mut text = IMPORTED.to_owned();
        for line in TEXT.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("#ifdef", part) => on.push(parts.contains(&part)),
                ("#else", _) => *on.last_mut().expect("within a part") ^= true,
                ("#endif", _) => drop(on.pop()),
                ("#import", _) => {}
                _ if on.iter().all(|on| *on) => text += &(line.replace("#{MATERIAL_BIND_GROUP}", "2") + "\n"),
                _ => {}
            }
        }
        text
    }

    #[test]
    fn the_shader_holds_with_any_of_its_parts() {
        let names = ["FAR", "NEAR", "OVERLAY", "ARROWS", "RIVAL"];
        for chosen in 0..1 << names.len() {
            let parts: Vec<_> = (0..names.len()).filter(|i| chosen >> i & 1 == 1).map(|i| names[i]).collect();
            let module =
                naga::front::wgsl::parse_str(&text(&parts)).unwrap_or_else(|error| panic!("{parts:?}: {error}"));
            let valid = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module);
            assert!(valid.is_ok(), "{parts:?}: {valid:?}");
        }
    }

    #[test]
    fn the_shader_looks_where_rust_puts_it() {
        let module = naga::front::wgsl::parse_str(&text(&[])).expect("it is WGSL");
        let (_, look) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Look")).expect("a struct");
        let naga::TypeInner::Struct { members, span } = &look.inner else { panic!("it is a struct") };
        assert_eq!(u64::from(*span), Look::min_size().get());
        for (i, member) in members.iter().enumerate() {
            assert_eq!(u64::from(member.offset), Look::METADATA.offset(i), "{:?}", member.name);
        }
    }
}
