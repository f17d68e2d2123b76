/** Side-by-side timings. */
package io.github.steelyard.bench;
