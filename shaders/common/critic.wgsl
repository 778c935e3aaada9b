// The critic's hidden layer before its activation: p0 + box(p1) + wide(box(p2)).
// Needs bindings `agent_slot`, `projected` and `boxed`.
fn critic_hidden(a: u32) -> array<vec4<f32>, V4> {
    var near: array<vec4<f32>, V4>;
    var far: array<vec4<f32>, V4>;
    for (var k = 0u; k < 9u; k++) {
        let beside = agent_beside(a, k, 1u);
        if beside != NOWHERE {
            let at = (agent_slot[beside] * 3u + 1u) * V4;
            for (var f = 0u; f < V4; f++) { // unrolled
                near[f] += projected[at + f];
            }
        }
        let beyond = agent_beside(a, k, 3u);
        if beyond != NOWHERE {
            for (var f = 0u; f < V4; f++) { // unrolled
                far[f] += boxed[beyond * V4 + f];
            }
        }
    }
    let near_scale = 1.0 / count_beside(a, 1u);
    let far_scale = 1.0 / count_beside(a, 3u);
    var hidden: array<vec4<f32>, V4>;
    for (var f = 0u; f < V4; f++) { // unrolled
        hidden[f] = projected[agent_slot[a] * 3u * V4 + f] + near[f] * near_scale + far[f] * far_scale;
    }
    return hidden;
}
