/**
 * Quantization-aware training without weight oscillation (Liu, Liu and Cheng, Oscillation-free
 * Quantization for Low-bit Vision Transformers, ICML 2023, arXiv 2302.02210): the quantizers LSQ
 * and StatsQ, query-key reparameterization, and the transforms that put them into a model and take
 * the integers out of it.
 */
package io.github.steelyard.quant;
