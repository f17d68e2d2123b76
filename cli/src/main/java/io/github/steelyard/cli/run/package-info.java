/** Runs: their folders, what a recipe trains, and what follows. */
package io.github.steelyard.cli.run;
