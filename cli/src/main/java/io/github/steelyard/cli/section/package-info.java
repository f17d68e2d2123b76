/** Our sections of recipes: what methods do before, in and after a training. */
package io.github.steelyard.cli.section;
