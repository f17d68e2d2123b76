package io.github.steelyard.cli.section;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.io.inspect.Spectrum;
import io.github.steelyard.robust.SparsityReport;
import io.github.steelyard.robust.SpectralReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The spectra of a network's layers, for people and for other programs. */
final class LayerTable {
  private LayerTable() {}

  /** Each layer's sparsity and spectrum. */
  static Table of(SparsityReport sparsity, SpectralReport spectra) {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < spectra.layers().size(); i++) {
      SpectralReport.Layer layer = spectra.layers().get(i);
      SparsityReport.Layer counted = sparsity.layers().get(i);
      Spectrum spectrum = layer.report().spectrum();
      rows.add(
          List.of(
              layer.path(),
              counted.shape().toString(),
              Numbers.percent(counted.sparsity()),
              spectrum == null ? "-" : Numbers.brief(spectrum.spectralNorm()),
              spectrum == null ? "-" : condition(spectrum.effectiveConditionNumber()),
              spectrum == null ? "-" : condition(spectrum.conditionNumber()),
              spectrum == null
                  ? "-"
                  : spectrum.rank() + " of " + spectrum.singularValues().size()));
    }
    return new Table(
        List.of(
            "Layer",
            "Shape",
            "Zeros",
            "Largest singular value",
            "Effective condition",
            "Condition",
            "Rank"),
        rows);
  }

  private static String condition(Double value) {
    return value == null ? "infinite" : Numbers.brief(value);
  }

  static Map<String, Object> toJson(SpectralReport spectra) {
    Map<String, Object> all = new LinkedHashMap<>();
    Map<String, Object> layers = new LinkedHashMap<>();
    for (SpectralReport.Layer layer : spectra.layers()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("sparsity", layer.report().statistics().sparsity());
      if (layer.report().spectrum() != null) {
        values.put("spectral_norm", layer.report().spectrum().spectralNorm());
        values.put("condition_number", layer.report().spectrum().conditionNumber());
        values.put(
            "effective_condition_number", layer.report().spectrum().effectiveConditionNumber());
        values.put("rank", layer.report().spectrum().rank());
      }
      layers.put(layer.path(), values);
    }
    all.put("layers", layers);
    all.put("log10_lipschitz_product", Numbers.finite(spectra.log10LayerProduct()));
    all.put("log10_normalization_product", Numbers.finite(spectra.log10NormalizationProduct()));
    all.put("largest_condition_number", Numbers.finite(spectra.largestConditionNumber()));
    return all;
  }
}
