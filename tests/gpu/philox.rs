//! The device's Philox against the published vectors and the crate's, word for word.

use primordia::spec::philox::{philox, unit_from_word};

use crate::compare::check_bits;
use crate::harness::gpu;

const MAIN: &str = "
@group(0) @binding(0) var<storage, read_write> blocks: array<vec4<u32>>; // counter, key, out: words, uniforms

@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = 4u * id.x;
    let words = philox(blocks[at], blocks[at + 1u].xy);
    blocks[at + 2u] = words;
    for (var i = 0u; i < 4u; i++) {
        blocks[at + 3u][i] = bitcast<u32>(unit_from_word(words[i]));
    }
}
";

#[test]
fn words_are_the_same() {
    let mut cases = vec![
        ([0; 4], [0; 2]),
        ([u32::MAX; 4], [u32::MAX; 2]),
        ([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
    ];
    cases.extend((0..500).map(|i| (philox([i, 0, 0, 0], [1, 2]), [i * 77, i % 5])));
    let blocks: Vec<[u32; 16]> = cases
        .iter()
        .map(|(counter, key)| {
            let mut block = [0; 16];
            block[..4].copy_from_slice(counter);
            block[4..6].copy_from_slice(key);
            block
        })
        .collect();

    let device = &gpu().device;
    let text = format!("{MAIN}{}", include_str!("../../shaders/common/philox.wgsl"));
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(text.into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let bytes = size_of_val(blocks.as_slice()) as u64;
    let buffer = gpu().buffer("blocks", bytes);
    gpu().queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&blocks));
    let bound = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }],
    });
    let mut encoder = gpu().encoder();
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &bound, &[]);
        pass.dispatch_workgroups(blocks.len() as u32, 1, 1);
    }
    gpu().finish(encoder).unwrap();
    let got = gpu().read::<[u32; 16]>(&[(&buffer, 0, bytes)]).unwrap().remove(0);
    for ((counter, key), block) in cases.into_iter().zip(&got) {
        let words = philox(counter, key);
        check_bits("words", &block[8..12], &words);
        check_bits("uniforms", &block[12..], &words.map(|word| unit_from_word(word).to_bits()));
    }
    assert_eq!(got[0][8..12], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
}
