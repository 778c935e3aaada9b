// dq, dk, dv of one head. With P the softmax of the scores: dv_j = sum_i P_ij do_i, dP_ij = do_i . v_j,
// dscore_ij = P_ij (dP_ij - sum_j P_ij dP_ij), dq_i = scale sum_j dscore_ij k_j, dk_j = scale sum_i dscore_ij q_i.
struct Args {
    tile: u32,
    qkv: u32,
    datt: u32,
    dqkv: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dtokens: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> row_key: array<u32>;
@group(0) @binding(5) var<EMBEDDED_SPACE> embedded: array<vec4<f32>, EMBEDDED>; // (9, 10, 4 D4): q, k, v, x

// Features of q, k and v: layer 0's are a table.
fn qkv_of(k: u32, s: u32, colour: u32, f: u32) -> vec4<f32> {
    if FIRST {
        return embedded[embedded_at(k, colour, f)];
    }
    return activations[place(args.qkv, 3u * D4, row_of(k, s), f)];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let work = work_of(id.x, HEADS, counts[0], args.tile);
    let s = work.s;
    let key = row_key[counts[4] + args.tile * TILE + s];
    let q_at = work.part * HD4;
    let k_at = q_at + D4;
    let v_at = k_at + D4;
    var k: array<array<vec4<f32>, HD4>, 9>;
    var v: array<array<vec4<f32>, HD4>, 9>;
    var dk: array<array<vec4<f32>, HD4>, 9>;
    var dv: array<array<vec4<f32>, HD4>, 9>;
    var digits = key;
    for (var j = 0u; j < 9u; j++) { // unrolled
        for (var f = 0u; f < HD4; f++) { // unrolled
            k[j][f] = qkv_of(j, s, digits % 10u, k_at + f);
            v[j][f] = qkv_of(j, s, digits % 10u, v_at + f);
        }
        digits /= 10u;
    }
    digits = key;
    let scale = inverseSqrt(f32(HEAD_DIM));
    for (var i = 0u; i < 9u; i++) {
        let row = row_of(i, s);
        var q: array<vec4<f32>, HD4>;
        var dout: array<vec4<f32>, HD4>;
        for (var f = 0u; f < HD4; f++) { // unrolled
            q[f] = qkv_of(i, s, digits % 10u, q_at + f) * scale;
            dout[f] = dtokens[place(args.datt, D4, row, q_at + f)];
        }
        var p: array<f32, 9>;
        var dp: array<f32, 9>;
        var top = -1e30;
        for (var j = 0u; j < 9u; j++) { // unrolled
            var score = vec4(0.0);
            var slope = vec4(0.0);
            for (var f = 0u; f < HD4; f++) { // unrolled
                score = fma(q[f], k[j][f], score);
                slope = fma(dout[f], v[j][f], slope);
            }
            p[j] = score.x + score.y + score.z + score.w;
            dp[j] = slope.x + slope.y + slope.z + slope.w;
            top = max(top, p[j]);
        }
        var sum = 0.0;
        var mean = 0.0;
        for (var j = 0u; j < 9u; j++) { // unrolled
            p[j] = exp(p[j] - top);
            sum += p[j];
            mean = fma(p[j], dp[j], mean);
        }
        mean /= sum;
        var dq = array<vec4<f32>, HD4>(); // naga zeroes a bare `var` only once, not each time around the loop
        for (var j = 0u; j < 9u; j++) { // unrolled
            let share = p[j] / sum;
            let dscore = share * (dp[j] - mean);
            for (var f = 0u; f < HD4; f++) { // unrolled
                dq[f] = fma(vec4(dscore), k[j][f], dq[f]);
                dk[j][f] = fma(vec4(dscore), q[f], dk[j][f]);
                dv[j][f] = fma(vec4(share), dout[f], dv[j][f]);
            }
        }
        for (var f = 0u; f < HD4; f++) { // unrolled
            dtokens[place(args.dqkv, 3u * D4, row, q_at + f)] = dq[f] * scale;
        }
        digits /= 10u;
    }
    for (var j = 0u; j < 9u; j++) { // unrolled
        for (var f = 0u; f < HD4; f++) { // unrolled
            dtokens[place(args.dqkv, 3u * D4, row_of(j, s), k_at + f)] = dk[j][f];
            dtokens[place(args.dqkv, 3u * D4, row_of(j, s), v_at + f)] = dv[j][f];
        }
    }
}
