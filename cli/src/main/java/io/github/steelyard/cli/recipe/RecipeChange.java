package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Values that replace those of a recipe.
 *
 * @param values the values
 * @param origins where they were written
 * @param path the section that they were written in
 */
public record RecipeChange(ObjectNode values, Origins origins, String path) {}
