package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.StoppedException;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.report.ReportPart;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What sections do with a trained network, one after another.
 *
 * @param sections in the order in which they act
 */
record FollowUps(List<Section<?>> sections) {
  static FollowUps of(List<Section<?>> sections) {
    return new FollowUps(List.copyOf(sections));
  }

  /**
   * Does what is missing.
   *
   * @return what the sections show; empty if the person stopped it
   */
  Optional<ReportPart> complete(TrainedNetwork network, Stop stop) throws IOException {
    ReportPart shown = ReportPart.EMPTY;
    try {
      for (Section<?> section : sections) {
        if (stop.isRequested()) {
          return Optional.empty();
        }
        shown = shown.and(followUp(section, network));
      }
      return Optional.of(shown);
    } catch (StoppedException e) {
      return Optional.empty();
    }
  }

  private static <C> ReportPart followUp(Section<C> section, TrainedNetwork network)
      throws IOException {
    return section.kind().followUp(section.configuration(), network);
  }
}
