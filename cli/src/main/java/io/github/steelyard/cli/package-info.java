/** The {@code steelyard} command: recipes, progress and reports. */
package io.github.steelyard.cli;
