/** What a person at the terminal sees: results, progress, Ctrl-C and refusals. */
package io.github.steelyard.cli.console;
