package io.github.steelyard.quant;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** What an {@link OscillationTracking} has recorded, as JSON values and back. */
record OscillationHistory(
    List<OscillationSample> samples,
    List<WeightTrajectory> trajectories,
    Map<String, List<Long>> lastDwell) {

  static Map<String, Object> save(
      List<OscillationSample> samples,
      List<WeightTrajectory> trajectories,
      Map<String, List<Long>> lastDwell) {
    List<Object> savedSamples = new ArrayList<>();
    for (OscillationSample sample : samples) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("step", sample.step());
      values.put("share", sample.share());
      values.put("shares", sample.shares());
      values.put("total", sample.total());
      values.put("dwell", sample.dwell());
      sample.thresholdMovement().ifPresent(moved -> values.put("threshold_movement", moved));
      savedSamples.add(values);
    }
    List<Object> savedTrajectories = new ArrayList<>();
    for (WeightTrajectory trajectory : trajectories) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("weight", trajectory.weight());
      values.put("index", trajectory.index());
      values.put("lowest", trajectory.lowest());
      values.put("highest", trajectory.highest());
      values.put("stride", trajectory.stride());
      values.put("steps", trajectory.points().stream().map(WeightTrajectory.Point::step).toList());
      values.put(
          "positions", trajectory.points().stream().map(WeightTrajectory.Point::position).toList());
      savedTrajectories.add(values);
    }
    return Map.of(
        "samples", savedSamples, "trajectories", savedTrajectories, "last_dwell", lastDwell);
  }

  static OscillationHistory of(Map<String, Object> values) {
    List<OscillationSample> samples = new ArrayList<>();
    for (Object entry : list(values, "samples")) {
      Map<?, ?> sample = map(entry);
      Map<String, Double> shares = new LinkedHashMap<>();
      map(sample.get("shares"))
          .forEach((name, share) -> shares.put((String) name, number(share).doubleValue()));
      samples.add(
          new OscillationSample(
              number(sample.get("step")).longValue(),
              number(sample.get("share")).doubleValue(),
              shares,
              number(sample.get("total")).longValue(),
              counts(sample.get("dwell")),
              sample.containsKey("threshold_movement")
                  ? OptionalDouble.of(number(sample.get("threshold_movement")).doubleValue())
                  : OptionalDouble.empty()));
    }
    List<WeightTrajectory> trajectories = new ArrayList<>();
    for (Object entry : list(values, "trajectories")) {
      trajectories.add(trajectory(map(entry)));
    }
    Map<String, List<Long>> lastDwell = new LinkedHashMap<>();
    map(values.get("last_dwell"))
        .forEach((name, bins) -> lastDwell.put((String) name, counts(bins)));
    return new OscillationHistory(samples, trajectories, lastDwell);
  }

  private static WeightTrajectory trajectory(Map<?, ?> saved) {
    WeightTrajectory trajectory =
        new WeightTrajectory(
            String.valueOf(saved.get("weight")),
            number(saved.get("index")).longValue(),
            number(saved.get("lowest")).intValue(),
            number(saved.get("highest")).intValue());
    List<?> steps = list(saved, "steps");
    List<?> positions = list(saved, "positions");
    if (steps.size() != positions.size()) {
      throw damaged("a position for each of " + steps.size() + " steps", positions.size());
    }
    List<WeightTrajectory.Point> points = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      points.add(
          new WeightTrajectory.Point(
              number(steps.get(i)).longValue(), number(positions.get(i)).doubleValue()));
    }
    trajectory.restore(number(saved.get("stride")).longValue(), points);
    return trajectory;
  }

  private static List<Long> counts(Object bins) {
    if (!(bins instanceof List<?> many)) {
      throw damaged("a list of counts", bins);
    }
    return many.stream().map(count -> number(count).longValue()).toList();
  }

  private static List<?> list(Map<?, ?> values, String key) {
    if (values.get(key) instanceof List<?> many) {
      return many;
    }
    throw damaged("a list '" + key + "'", values.get(key));
  }

  private static Map<?, ?> map(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw damaged("a map", value);
  }

  private static Number number(Object value) {
    if (value instanceof Number number) {
      return number;
    }
    throw damaged("a number", value);
  }

  private static IllegalArgumentException damaged(String expected, Object found) {
    return new IllegalArgumentException(
        "the history of an oscillation tracking needs " + expected + ", but has " + found);
  }
}
