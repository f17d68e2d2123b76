/** Runs that learn classes step by step. */
package io.github.steelyard.cli.incremental;
