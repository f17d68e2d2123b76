/** Studies: grids of runs, and the claims that they judge. */
package io.github.steelyard.cli.study;
