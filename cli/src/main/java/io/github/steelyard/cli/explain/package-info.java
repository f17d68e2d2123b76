/** Looks into the networks of runs. */
package io.github.steelyard.cli.explain;
