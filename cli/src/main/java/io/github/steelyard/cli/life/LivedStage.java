package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.ReportPart;
import java.nio.file.Path;

/**
 * A stage of a life that is finished.
 *
 * @param stage the stage
 * @param folder its folder
 * @param row its measures
 * @param results what its {@code results.json} says
 * @param shown what its sections show
 */
record LivedStage(LifeStage stage, Path folder, StageRow row, JsonNode results, ReportPart shown) {}
