// dq, dk, dv of one head. With P the softmax of the scores: dv_j = sum_i P_ij do_i, dP_ij = do_i . v_j,
// dscore_ij = P_ij (dP_ij - sum_j P_ij dP_ij), dq_i = scale sum_j dscore_ij k_j, dk_j = scale sum_i dscore_ij q_i.
#import qkv, tile

struct Args { tile: u32, qkv: u32, datt: u32, dqkv: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> dtokens: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> row_key: array<u32>;
@group(0) @binding(5) var<storage, read> embedded: array<vec4<f32>>; // (9, 10, 4 D4): q, k, v, x

fn every(id: vec3<u32>) {
    let work = work_of(id.x, HEADS, counts[FOUND], args.tile);
    let r = work.row;
    let key = row_key[counts[KNOWN_BEFORE] + args.tile * TILE + r];
    let q_at = work.unit * HD4;
    let k_at = q_at + D4;
    let v_at = k_at + D4;
    var k: array<array<vec4<f32>, HD4>, SLOTS>;
    var v: array<array<vec4<f32>, HD4>, SLOTS>;
    var dk: array<array<vec4<f32>, HD4>, SLOTS>;
    var dv: array<array<vec4<f32>, HD4>, SLOTS>;
    var digits = key;
    for (var j = 0u; j < SLOTS; j++) { // unrolled
        for (var f = 0u; f < HD4; f++) { // unrolled
            k[j][f] = qkv_of(j, r, digits % COLOURS, k_at + f);
            v[j][f] = qkv_of(j, r, digits % COLOURS, v_at + f);
        }
        digits /= COLOURS;
    }
    digits = key;
    let scale = inverseSqrt(f32(HEAD_DIM));
    for (var i = 0u; i < SLOTS; i++) {
        let token = token_of(i, r);
        var q: array<vec4<f32>, HD4>;
        var dout: array<vec4<f32>, HD4>;
        for (var f = 0u; f < HD4; f++) { // unrolled
            q[f] = qkv_of(i, r, digits % COLOURS, q_at + f) * scale;
            dout[f] = dtokens[place(args.datt, D4, token, q_at + f)];
        }
        var p: array<f32, SLOTS>;
        var dp: array<f32, SLOTS>;
        var top = -1e30;
        for (var j = 0u; j < SLOTS; j++) { // unrolled
            var score = vec4(0.0);
            var dshare = vec4(0.0);
            for (var f = 0u; f < HD4; f++) { // unrolled
                score = fma(q[f], k[j][f], score);
                dshare = fma(dout[f], v[j][f], dshare);
            }
            p[j] = score.x + score.y + score.z + score.w;
            dp[j] = dshare.x + dshare.y + dshare.z + dshare.w;
            top = max(top, p[j]);
        }
        var sum = 0.0;
        var mean = 0.0;
        for (var j = 0u; j < SLOTS; j++) { // unrolled
            p[j] = exp(p[j] - top);
            sum += p[j];
            mean = fma(p[j], dp[j], mean);
        }
        mean /= sum;
        var dq = array<vec4<f32>, HD4>(); // naga zeroes a bare `var` only once, not each time around the loop
        for (var j = 0u; j < SLOTS; j++) { // unrolled
            let share = p[j] / sum;
            let dscore = share * (dp[j] - mean);
            for (var f = 0u; f < HD4; f++) { // unrolled
                dq[f] = fma(vec4(dscore), k[j][f], dq[f]);
                dk[j][f] = fma(vec4(dscore), q[f], dk[j][f]);
                dv[j][f] = fma(vec4(share), dout[f], dv[j][f]);
            }
        }
        for (var f = 0u; f < HD4; f++) { // unrolled
            dtokens[place(args.dqkv, 3u * D4, token, q_at + f)] = dq[f] * scale;
        }
        digits /= COLOURS;
    }
    for (var j = 0u; j < SLOTS; j++) { // unrolled
        for (var f = 0u; f < HD4; f++) { // unrolled
            dtokens[place(args.dqkv, 3u * D4, token_of(j, r), k_at + f)] = dk[j][f];
            dtokens[place(args.dqkv, 3u * D4, token_of(j, r), v_at + f)] = dv[j][f];
        }
    }
}
