/** What a file of weights holds: sizes, distributions, sparsity and spectra, tensor by tensor. */
package io.github.steelyard.io.inspect;
