/**
 * Robust pruning (Feng et al., "TSCNC", 2025, arXiv 2503.20454): gates on channels and learned
 * scores of weights, penalties that make weights sparse and well-conditioned, adversarial training,
 * attacks and their evaluation, pruning of weights and filters, and the spectra of a network's
 * layers.
 */
package io.github.steelyard.robust;
