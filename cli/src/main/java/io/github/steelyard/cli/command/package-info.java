/** The commands: one thin class each. */
package io.github.steelyard.cli.command;
