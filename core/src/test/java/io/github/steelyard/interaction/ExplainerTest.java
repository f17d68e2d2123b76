package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class ExplainerTest {
  private static final List<String> LAYERS = List.of("hidden1", "hidden2", Segments.OUTPUT);

  private Module model;
  private Tensor inputs;
  private TensorBatches data;

  @BeforeEach
  void makeANetwork() {
    Seeds.set(3);
    model =
        Models.create(
            "mlp",
            ModelOptions.none()
                .with(o -> o.hidden = List.of(9, 7))
                .with(o -> o.inputChannels = 1)
                .with(o -> o.imageSize = 4)
                .with(o -> o.classes = 3));
    model.eval();
    inputs = Scope.computeWithoutGradient(() -> torch.rand(40, 1, 4, 4));
    Tensor labels =
        Scope.computeWithoutGradient(
            () ->
                torch
                    .arange(new Scalar(40L), new TensorOptions(ScalarType.Long))
                    .remainder(new Scalar(3L)));
    data = Scope.compute(() -> TensorBatches.ordered(inputs, labels, 20));
  }

  private static ExplanationSettings everything() {
    return ExplanationSettings.standard()
        .with(e -> e.compared = List.of(BasisKind.INTEGRATED_GRADIENT))
        .with(e -> e.countsEdges = true);
  }

  /** Hears what time is spent and left, in seconds. */
  private static final class Heard implements ExplanationListener {
    private int started;
    private final List<Double> spent = new ArrayList<>();
    private final List<Double> left = new ArrayList<>();

    @Override
    public void started() {
      started++;
    }

    @Override
    public void advanced(String phase, double batch, int batches, Duration before, Duration rest) {
      assertThat(batch).as(phase).isBetween(0.0, (double) batches);
      spent.add(before.toNanos() / 1e9);
      left.add(rest.toNanos() / 1e9);
    }
  }

  @Test
  void givenAPerceptron_whenItIsExplained_thenBasesAreComparedAndItIsAsItWas() {
    Tensor before = Scope.computeWithoutGradient(() -> model.forward(inputs));
    Map<String, Module> parts = Map.copyOf(model.namedModules());

    Explanation found = new Explainer(ExplanationSettings.standard()).explain(model, data, LAYERS);

    assertThat(found.comparison().bases())
        .containsExactly(BasisKind.LOCAL, BasisKind.SVD, BasisKind.NEURON);
    assertThat(found.comparison().layers()).hasSize(2);
    for (BasisComparison.Layer layer : found.comparison().layers()) {
      layer
          .bases()
          .forEach(
              (kind, kept) -> {
                assertThat(kept.needed().required()).isBetween(0, layer.layer().width());
                assertThat(kept.curve().points().get(0).score().loss())
                    .as("with all vectors of %s", kind)
                    .isCloseTo(found.comparison().base().loss(), within(1e-6));
              });
    }
    assertThat(found.edges()).isEmpty();
    assertThat(found.shares()).isEmpty();
    assertThat(found.degeneracy().effectiveParameters())
        .isBetween(1L, found.degeneracy().parameters());
    assertThat(Map.copyOf(model.namedModules())).isEqualTo(parts);
    Tensor after = Scope.computeWithoutGradient(() -> model.forward(inputs));
    assertThat(after.equal(before)).isTrue();
  }

  @Test
  void givenFurtherBases_whenANetworkIsExplained_thenTheirEdgesAreComparedInAllOfThem() {
    Explanation found = new Explainer(everything()).explain(model, data, LAYERS);

    BasisKind[] kinds = {
      BasisKind.LOCAL, BasisKind.INTEGRATED_GRADIENT, BasisKind.SVD, BasisKind.NEURON
    };
    assertThat(found.compared().keySet()).containsExactly(kinds[1], kinds[2], kinds[3]);
    for (EdgeShares.Section section : found.shares().orElseThrow().sections()) {
      assertThat(section.bases().keySet()).containsExactly(kinds);
      for (EdgeShares.Spread spread : section.bases().values()) {
        assertThat(spread.edges().stream().mapToDouble(EdgeShares.Edge::share).sum())
            .isCloseTo(1, within(1e-9));
        assertThat(spread.edges().size()).isLessThanOrEqualTo((int) spread.possible());
        int half = spread.carrying(0.5);
        double largest =
            spread.edges().stream().limit(half).mapToDouble(EdgeShares.Edge::share).sum();
        assertThat(largest).isGreaterThanOrEqualTo(0.5);
        assertThat(largest - spread.edges().get(half - 1).share()).isLessThan(0.5);
      }
    }
    EdgeComparison edges = found.edges().orElseThrow();
    for (EdgeComparison.Section section : edges.sections()) {
      assertThat(section.needed().keySet()).containsExactly(kinds);
    }
    assertThat(edges.needed(BasisKind.NEURON))
        .isEqualTo(
            edges.sections().stream()
                .mapToInt(section -> section.needed().get(BasisKind.NEURON).required())
                .sum());
    assertThat(edges.base().loss()).isCloseTo(found.comparison().base().loss(), within(1e-9));
  }

  /** Of the middle half of the work, by a factor of 3; other programs may disturb some attempts. */
  @Test
  void givenAListener_whenANetworkIsExplained_thenItHearsTrulyWhatTimeIsLeft() {
    assertThat(IntStream.range(0, 5).mapToDouble(attempt -> saidOverTrue()))
        .anySatisfy(share -> assertThat(share).isBetween(1 / 3.0, 3.0));
  }

  /** The median of the time that was said to be left over that which was. */
  private double saidOverTrue() {
    Heard heard = new Heard();
    new Explainer(everything()).listener(heard).explain(model, data, LAYERS);

    assertThat(heard.started).isEqualTo(1);
    int last = heard.left.size() - 1;
    assertThat(heard.left.get(last)).isZero();
    assertThat(heard.left.subList(0, last)).allMatch(left -> left > 0);
    double whole = heard.spent.get(last);
    double[] shares =
        IntStream.range(0, last)
            .filter(i -> heard.spent.get(i) > 0.25 * whole && heard.spent.get(i) < 0.75 * whole)
            .mapToDouble(i -> heard.left.get(i) / (whole - heard.spent.get(i)))
            .sorted()
            .toArray();
    return shares[shares.length / 2];
  }

  @Test
  void givenAFolder_whenANetworkIsExplainedAgain_thenStagesAreReadAndNumbersAreTheSame(
      @TempDir Path folder) throws IOException {
    Explainer explainer = new Explainer(ExplanationSettings.standard());
    Explanation free = explainer.explain(model, data, LAYERS);
    Explanation first = explainer.explain(model, data, LAYERS, folder);
    Explanation second = explainer.explain(model, data, LAYERS, folder);

    assertThat(folder).isNotEmptyDirectory();
    for (Explanation other : List.of(first, second)) {
      assertThat(other.comparison()).isEqualTo(free.comparison());
      assertThat(other.communities().q()).isEqualTo(free.communities().q());
    }
  }

  @Test
  void givenATapThatDoesNotExist_whenANetworkIsExplained_thenItIsRefusedBeforeWorkBegins() {
    Heard heard = new Heard();
    Explainer explainer = new Explainer(ExplanationSettings.standard()).listener(heard);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> explainer.explain(model, data, List.of("hiden1", Segments.OUTPUT)))
        .withMessageContaining("hidden1");
    assertThat(heard.started).isZero();
  }

  @Test
  void givenAThresholdBelowZero_whenSettingsAreMade_thenItIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExplanationSettings.standard().with(e -> e.threshold = -1))
        .withMessageContaining("threshold");
  }
}
