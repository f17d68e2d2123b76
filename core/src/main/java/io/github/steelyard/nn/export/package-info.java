/**
 * How a module says what it computes, operator by operator, so that it can be written to a file
 * that other programs run. A module takes part by implementing {@link
 * io.github.steelyard.nn.export.Exportable} beside its {@code forward}.
 */
package io.github.steelyard.nn.export;
