// Softmax over ten colours held in three vec4s, of which the last two lanes are no colours.

fn max_lane(v: vec4<f32>) -> f32 {
    return max(max(v.x, v.y), max(v.z, v.w));
}

fn sum_lanes(v: vec4<f32>) -> f32 {
    return v.x + v.y + v.z + v.w;
}

// ln of the sum of exp.
fn log_sum_exp(a: vec4<f32>, b: vec4<f32>, c: vec2<f32>) -> f32 {
    let top = max(max(max_lane(a), max_lane(b)), max(c.x, c.y));
    let c_sum = exp(c - top);
    return top + log(sum_lanes(exp(a - top)) + sum_lanes(exp(b - top)) + c_sum.x + c_sum.y);
}

// The smallest colour whose cumulative probability exceeds u (the last colour where none does).
fn draw(pa: vec4<f32>, pb: vec4<f32>, pc: vec2<f32>, u: f32) -> u32 {
    var sum = 0.0;
    var colour = 0u;
    sum += pa.x; colour += select(0u, 1u, u >= sum);
    sum += pa.y; colour += select(0u, 1u, u >= sum);
    sum += pa.z; colour += select(0u, 1u, u >= sum);
    sum += pa.w; colour += select(0u, 1u, u >= sum);
    sum += pb.x; colour += select(0u, 1u, u >= sum);
    sum += pb.y; colour += select(0u, 1u, u >= sum);
    sum += pb.z; colour += select(0u, 1u, u >= sum);
    sum += pb.w; colour += select(0u, 1u, u >= sum);
    sum += pc.x; colour += select(0u, 1u, u >= sum);
    return colour;
}

// The colour with the largest score, the first of equals.
fn argmax(a: vec4<f32>, b: vec4<f32>, c: vec2<f32>) -> u32 {
    var scores = array<f32, COLOURS>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w, c.x, c.y);
    var best = 0u;
    var top = scores[0];
    for (var i = 1u; i < COLOURS; i++) {
        if scores[i] > top {
            top = scores[i];
            best = i;
        }
    }
    return best;
}

// Lane `colour` of three vec4s.
fn pick(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, colour: u32) -> f32 {
    let v = select(select(c, b, colour < 8u), a, colour < 4u);
    let lane = colour & 3u;
    return select(select(v.w, v.z, lane == 2u), select(v.y, v.x, lane == 0u), lane < 2u);
}

// 1 in lane `colour - first`.
fn one_hot(colour: u32, first: u32) -> vec4<f32> {
    return select(vec4(0.0), vec4(1.0), vec4(colour) == vec4(first, first + 1u, first + 2u, first + 3u));
}
