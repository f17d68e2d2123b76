package io.github.steelyard.method;

import io.github.steelyard.runtime.Named;

/**
 * One published method. A room provides its methods through {@link MethodProvider}; the register
 * drives {@code steelyard methods}, the documentation and a test that visits every method.
 *
 * @param name how recipes and people call it, such as {@code adamp}
 * @param title the method in a few words
 * @param paper authors, title, venue and year
 * @param arxiv the arXiv identifier, such as {@code 2006.08217}
 * @param summary what it does to weights, in one sentence
 * @param configuration the record that configures it; its canonical constructor checks the values
 * @param recipe the file under {@code recipes/} that shows it
 */
public record Method(
    String name,
    String title,
    String paper,
    String arxiv,
    String summary,
    Class<? extends Record> configuration,
    String recipe)
    implements Named {}
