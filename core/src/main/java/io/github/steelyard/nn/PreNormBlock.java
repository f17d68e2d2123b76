package io.github.steelyard.nn;

/**
 * A module that is a pre-norm transformer block: {@code m = x + attn(norm1(x))}, then {@code y = m
 * + mlp(norm2(m))}, each branch ended by {@code drop_path1} and {@code drop_path2}. Its parts have
 * these names, which are timm's, and its taps on the residual stream are {@code residual_pre} (x),
 * {@code residual_mid} (m) and {@code residual_post} (y). An analysis that knows this form can use
 * it, as the interaction basis does, which then needs no backward passes.
 */
public interface PreNormBlock {}
