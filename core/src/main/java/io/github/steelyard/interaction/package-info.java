/**
 * The Interaction Basis (Bushnaq et al., Using Degeneracy in the Loss Landscape for Mechanistic
 * Interpretability, 2024, arXiv 2405.10927; the local basis, arXiv 2405.10928): coordinates per
 * layer that do not change when the network is written in another way, the interactions between
 * them, what can be removed, which parts belong together, and how many parameters are free.
 */
package io.github.steelyard.interaction;
