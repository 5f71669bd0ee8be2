//! The CPU engine: a network compiled once into steps on maps in channels-last layout.
//!
//! A step is a convolution with all operations that follow it. Batch normalization and scales are
//! folded into its weights. Residual, activation and a 2×2 maximum are done before it stores
//! (`compile`, `fusion`). Its weights are packed once in their reading order (`matrix`). 3×3
//! convolutions with stride 1 use Winograd's algorithm (`winograd`). All others are matrix products
//! that read the map in its own buffer (`convolution`). Depthwise convolutions and maxima slide
//! (`sliding`).
//!
//! Such networks are limited by memory, not by arithmetic. So channels are in blocks of full
//! vectors (`feature_map`). Work is split so that reused data is still in a cache. The first layers
//! have large maps and run image by image. The later layers have large weights and run on the
//! complete batch (`plan`). An image's result has the same bits alone and in any batch.
//!
//! Kernels are written once on vectors of any width (`simd`). They are compiled for each
//! instruction set, and chosen at run time. Measure with `cargo bench --bench backbone`.
//!
//! Suggested reading order: `engine`, `compile`, `fusion`, `plan`, `layer`, `matrix`,
//! `convolution`, `winograd_layer`, `winograd_schedule`, `winograd`, `sliding`, `simd`.

mod buffer;
mod compile;
mod convolution;
mod engine;
mod epilogue;
mod feature_map;
mod fusion;
mod layer;
mod matrix;
mod plan;
mod pointwise;
mod scaled_kernel;
mod simd;
mod sliding;
mod transforms;
mod winograd;
mod winograd_layer;
mod winograd_schedule;

pub(crate) use self::engine::CpuEngine;
pub(crate) use self::simd::Instructions;
