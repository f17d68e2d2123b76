/** Builds a labelled data set of many classes from font files: one image for each glyph. */
package io.github.steelyard.data.glyphs;
