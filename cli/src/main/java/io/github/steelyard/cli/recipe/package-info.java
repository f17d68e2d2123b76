/** Recipes: YAML files that describe a training run, read strictly into records. */
package io.github.steelyard.cli.recipe;
