/** Side-by-side timings, and what writes samples of data and files for others. */
package io.github.steelyard.bench;
