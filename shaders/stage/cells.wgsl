// The stage, a rival or the training worlds as the window shows them. Which parts a picture has (near, overlay, …) is
// chosen when its pipeline is made, so that what is not shown costs nothing.

#import bevy_sprite::mesh2d_vertex_output::VertexOutput

// `Look` in `src/app/stage/material.rs` says what each field is.
struct Look {
    colours: array<vec4f, 16>,
    dim: array<vec4f, 16>,
    ramp: array<vec4f, 256>,
    arrows: array<vec4f, 24>,
    digits: array<vec4u, 10>,
    ends: vec2f,
    corner: vec2f,
    size: vec2i,
    scale: f32,
    samples: i32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> look: Look;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var cells: texture_2d<u32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var other: texture_2d<u32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(3) var values: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(4) var ways: texture_2d<u32>;

const GROUND: u32 = 15u;
/// How much of a digit hides what is under it, and how much of a line between cells.
const DIGIT: f32 = 0.6;
const LINE: f32 = 0.35;

fn state_at(cell: vec2i) -> u32 {
    let inside = all(cell >= vec2i(0)) && all(cell < look.size);
    return select(GROUND, textureLoad(cells, clamp(cell, vec2i(0), max(look.size - 1, vec2i(0))), 0).x, inside);
}

// What a whole cell looks like from afar.
fn colour_of(cell: vec2i, state: u32) -> vec3f {
    var colour = look.colours[state].rgb;
#ifdef RIVAL
    colour = select(look.dim[state].rgb, colour, textureLoad(other, cell, 0).x != state);
#endif
#ifdef OVERLAY
    let value = textureLoad(values, cell, 0).x;
    let width = look.ends.y - look.ends.x;
    let share = select(0.5, saturate((value - look.ends.x) / width), width > 0.0);
    // No number is neither above nor below 0.
    let shown = state != GROUND && (value >= 0.0 || value < 0.0);
    let over = look.ramp[u32(select(0.0, share, shown) * 255.0 + 0.5)];
    colour = select(colour, over.rgb + colour * (1.0 - over.a), shown);
#endif
    return colour;
}

#ifdef ARROWS
// Light arrows with a dark edge; `at` is in cells from the cell's middle.
fn with_arrows(under: vec3f, cell: vec2i, at: vec2f, scale: f32) -> vec3f {
    let taken = textureLoad(ways, cell, 0).x;
    var nearest = 1.0;
    for (var d = 0u; taken >> d != 0u; d++) {
        if (taken >> d & 1u) == 1u {
            for (var i = 3u * d; i < 3u * d + 3u; i++) {
                let along = look.arrows[i].zw - look.arrows[i].xy;
                let from_start = at - look.arrows[i].xy;
                let share = saturate(dot(from_start, along) / dot(along, along));
                nearest = min(nearest, distance(from_start, share * along));
            }
        }
    }
    let away = nearest * scale - 0.5 * clamp(scale * 0.09, 1.0, 3.0);
    return mix(mix(under, vec3f(0.0), saturate(1.5 - away)), vec3f(1.0), saturate(0.5 - away));
}
#endif

@fragment
fn fragment(in: VertexOutput) -> @location(0) vec4f {
    let scale = look.scale;
    let at = (in.position.xy - look.corner) / scale;
#ifdef FAR
    // The mean over what the pixel covers; every other row is shifted, so that fine patterns do not beat with it.
    let n = clamp(i32(ceil(1.0 / scale)), 2, look.samples);
    let stride = 1.0 / (scale * f32(n));
    var sum = vec3f(0.0);
    for (var row = 0; row < n; row++) {
        for (var column = 0; column < n; column++) {
            let shift = select(0.25, 0.75, (row & 1) == 1);
            let offset = vec2f(f32(column) + shift, f32(row) + 0.5) - 0.5 * f32(n);
            let cell = vec2i(floor(at + offset * stride));
            sum += colour_of(cell, state_at(cell));
        }
    }
    return vec4f(sum / f32(n * n), 1.0);
#else
    let cell = vec2i(floor(at));
    let state = state_at(cell);
    var colour = colour_of(cell, state);
#ifdef NEAR
    // The cell's number in letters of whole pixels, and a line before it.
    let pixel = vec2i(floor(fract(at) * scale));
    let side = max(i32(scale) / 16, 1);
    let place = vec2i(floor(vec2f(pixel - (vec2i(i32(scale)) - 8 * side) / 2) / f32(side)));
    let rows = look.digits[min(state, 9u)];
    let inked = state < 10u && all(place >= vec2i(0)) && all(place < vec2i(8))
        && ((rows[place.y >> 2u] >> u32((place.y & 3) * 8 + place.x)) & 1u) == 1u;
    // Black or white, whichever can be read on it.
    let ink = vec3f(select(0.0, 1.0, dot(colour, vec3f(0.2126, 0.7152, 0.0722)) < 0.21));
    colour = mix(colour, ink, select(0.0, DIGIT, inked));
    colour = mix(colour, look.colours[GROUND].rgb, select(0.0, LINE, any(pixel == vec2i(0)) && state != GROUND));
#endif
#ifdef ARROWS
    if state != GROUND {
        colour = with_arrows(colour, cell, fract(at) - 0.5, scale);
    }
#endif
    return vec4f(colour, 1.0);
#endif
}
