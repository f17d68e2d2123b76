package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.method.Methods;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class ProjectionTest {
  @BeforeEach
  void seed() {
    torch.manual_seed(11);
  }

  /** The part of g that is orthogonal to w, per row of [rows, -1]. */
  private static Tensor orthogonal(Tensor g, Tensor w, long rows) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor a = g.reshape(rows, -1);
          Tensor b = w.reshape(rows, -1);
          Tensor radial = dot(a, b).div_(dot(b, b));
          return a.sub(b.mul(radial)).reshape(w.shape());
        });
  }

  private static Tensor dot(Tensor a, Tensor b) {
    return a.mul(b).sum(new long[] {1}, true, new ScalarTypeOptional());
  }

  private static void setGradient(Parameter parameter, Tensor gradient) {
    parameter.tensor().mutable_grad().put(gradient);
  }

  private static Map<String, Projection> projections(Optimizer optimizer) {
    return optimizer instanceof AdamP adamP
        ? adamP.projections()
        : ((SGDP) optimizer).projections();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgdp", "adamp"})
  void givenEachKindOfGradient_whenStepping_thenTheProjectionThatFiredIsReported(String name) {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    for (String each : List.of("channel", "layer", "never")) {
      parameters.put(each, new Parameter(torch.randn(8, 3, 3, 3)));
    }
    parameters.put("vector", new Parameter(torch.ones(8)));
    parameters.put("without", new Parameter(torch.randn(2, 2)));
    Tensor channel = parameters.get("channel").tensor();
    setGradient(parameters.get("channel"), orthogonal(torch.randn(8, 3, 3, 3), channel, 8));
    Tensor layer = parameters.get("layer").tensor();
    setGradient(parameters.get("layer"), orthogonal(torch.randn(8, 3, 3, 3), layer, 1));
    setGradient(parameters.get("never"), parameters.get("never").tensor().detach().clone());
    setGradient(parameters.get("vector"), torch.zeros(8));
    Optimizer optimizer =
        Optimizers.create(name, List.of(new ParameterGroup("all", parameters, 0.1, 0)), Map.of());

    optimizer.step();

    assertThat(projections(optimizer))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "channel", Projection.CHANNEL,
                "layer", Projection.LAYER,
                "never", Projection.NEVER,
                "vector", Projection.NEVER,
                "without", Projection.NEVER));

    setGradient(parameters.get("channel"), channel.detach().clone());
    optimizer.step();
    assertThat(projections(optimizer)).containsEntry("channel", Projection.NEVER);
  }

  @ParameterizedTest
  @CsvSource({"sgd,sgdp", "adamw,adamp"})
  void givenAScaleInvariantWeight_whenTrained_thenItsNormGrowsFarLessThanWithoutProjection(
      String plain, String projected) {
    assertThat(normGrowth(projected)).isLessThan(0.6 * normGrowth(plain)).isNotNegative();
  }

  /** How much |w| grows in 50 steps of a loss that does not depend on it, relative to the start. */
  private static double normGrowth(String name) {
    torch.manual_seed(3);
    Parameter weight = new Parameter(torch.randn(4, 50));
    Tensor target = torch.randn(4, 50);
    Map<String, Object> options = name.startsWith("sgd") ? Map.of("momentum", 0.9) : Map.of();
    double rate = name.startsWith("sgd") ? 3 : 0.1;
    Optimizer optimizer =
        Optimizers.create(
            name, List.of(new ParameterGroup("all", Map.of("w", weight), rate, 0)), options);
    double start = norm(weight.tensor());
    for (int i = 0; i < 50; i++) {
      optimizer.zeroGrad();
      Scope.run(
          () -> {
            Tensor w = weight.tensor();
            torch.cosine_similarity(w, target, 1, 1e-8).sum().neg().backward();
          });
      optimizer.step();
    }
    return norm(weight.tensor()) / start - 1;
  }

  private static double norm(Tensor tensor) {
    return Scope.computeWithoutGradient(() -> tensor.norm(new Scalar(2)).item_double());
  }

  @ParameterizedTest
  @CsvSource({"CHANNEL,true", "CHANNEL,false", "LAYER,true", "LAYER,false"})
  void givenRows_whenProjectedByBlasAndByTensors_thenBothAgree(Projection view, boolean scratch) {
    // 9000 columns: longer than one BLAS segment; 40 rows: more than one block
    for (long[] shape : new long[][] {{40, 9000}, {7, 3, 2, 2}, {1, 5}, {6, 1}}) {
      Tensor p = torch.randn(shape);
      Tensor g = torch.randn(shape);
      Tensor q = p.clone();
      Tensor d = g.clone();
      assertDecideAlike(p, g);

      RowKernel.Steps steps = new RowKernel.Steps(List.of(g), -0.3, scratch);
      new BlasRows().project(List.of(p), steps, view, 0.9, 1e-8);
      steps = new RowKernel.Steps(List.of(d), -0.3, scratch);
      new TensorRows().project(List.of(q), steps, view, 0.9, 1e-8);

      assertThat(norm(p.sub(q))).isLessThan(1e-6 * norm(q));
      assertThat(norm(g.sub(d))).isLessThan(2e-6 * norm(d) + 1e-6);
      if (scratch) {
        assertThat(norm(g)).isZero();
      }
    }
  }

  /** With limits just above and just below the largest cosine of a channel. */
  private static void assertDecideAlike(Tensor p, Tensor g) {
    double root = Math.sqrt((double) p.numel() / p.size(0));
    RowKernel.Cosines tensors = new TensorRows().cosines(List.of(p), List.of(g), 1e-8, 0).get(0);
    for (double side : new double[] {0.9999, 1.0001}) {
      double limit = side * tensors.channel();
      RowKernel.Cosines blas =
          new BlasRows().cosines(List.of(p), List.of(g), 1e-8, limit * root).get(0);
      assertThat(blas.channel() < limit).isEqualTo(side > 1);
      if (side < 1) {
        assertThat(blas.layer()).isCloseTo(tensors.layer(), within(1e-6));
      }
    }
  }

  @Test
  void givenAGradientThatIsNoNumber_whenCosinesAreTaken_thenNothingIsOrthogonal() {
    Tensor p = torch.randn(40, 9000);
    Tensor g = torch.full(new long[] {40, 9000}, new Scalar(Double.NaN));

    RowKernel.Cosines cosines = new BlasRows().cosines(List.of(p), List.of(g), 1e-8, 0.1).get(0);

    assertThat(cosines.channel() < 1).isFalse();
    assertThat(cosines.layer()).isNaN();
  }

  @ParameterizedTest
  @CsvSource({
    "sgd,Double", "sgdp,Double", "adam,Double", "adamw,Double", "adamp,Double",
    "sgd,BFloat16", "sgdp,BFloat16", "adam,BFloat16", "adamw,BFloat16", "adamp,BFloat16",
    "sgd,Half", "sgdp,Half", "adam,Half", "adamw,Half", "adamp,Half"
  })
  void givenOtherTypes_whenStepping_thenTheStepIsThatOfSinglePrecision(
      String name, ScalarType type) {
    Tensor single = afterSteps(name, ScalarType.Float, false);
    double tolerance = type == ScalarType.Double ? 1e-6 : 1e-2; // bfloat16 rounds to 4e-3
    assertThat(norm(afterSteps(name, type, false).sub(single)))
        .isLessThan(tolerance * norm(single));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam", "adamw", "sgdp", "adamp"})
  void givenAnotherMemoryLayout_whenStepping_thenTheStepIsTheSame(String name) {
    assertThat(
            norm(
                afterSteps(name, ScalarType.Float, true)
                    .sub(afterSteps(name, ScalarType.Float, false))))
        .isLessThan(1e-5);
  }

  private static Tensor afterSteps(String name, ScalarType type, boolean transposed) {
    torch.manual_seed(2);
    Tensor start = torch.randn(5, 6, 2, 2).to(type);
    Tensor laidOut =
        transposed ? start.permute(2, 3, 1, 0).contiguous().permute(3, 2, 0, 1) : start;
    Parameter parameter = new Parameter(laidOut);
    Optimizer optimizer =
        Optimizers.create(
            name, List.of(new ParameterGroup("all", Map.of("w", parameter), 0.01, 0.1)), Map.of());
    for (int i = 0; i < 4; i++) {
      Tensor g = torch.randn(5, 6, 2, 2);
      Tensor w = parameter.tensor().detach().to(ScalarType.Float);
      setGradient(parameter, (i % 2 == 0 ? orthogonal(g, w, 5) : g).to(type));
      optimizer.step();
    }
    return parameter.tensor().detach().to(ScalarType.Double);
  }

  @Test
  void givenParametersThatCannotBeMoved_whenCreated_thenTheErrorNamesThem() {
    Parameter one = new Parameter(torch.ones(2, 2));
    Parameter view = new Parameter(torch.ones(4, 4).narrow(1, 0, 2));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> adamP(group("a", "w", view)))
        .withMessageContaining("'w'")
        .withMessageContaining("contiguous()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adamP(group("a", "w", one), group("b", "u", one)))
        .withMessageContaining("'w' and 'u' are the same");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adamP(group("a", "w", one), group("a", "u", view)))
        .withMessageContaining("named 'a'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> adamP())
        .withMessageContaining("at least one parameter group");
  }

  @Test
  void givenAModelConvertedAfterTheFirstStep_whenStepping_thenItSaysSoAndNothingMoves() {
    Parameter parameter = new Parameter(torch.ones(2, 2));
    AdamP optimizer = adamP(group("a", "w", parameter));
    setGradient(parameter, torch.ones(2, 2));
    optimizer.step();
    parameter.tensor().mutable_grad().reset();
    Scope.withoutGradient(
        () -> parameter.tensor().set_data(torch.ones(2, 2).to(ScalarType.Double)));
    setGradient(parameter, torch.ones(2, 2).to(ScalarType.Double));

    assertThatIllegalStateException()
        .isThrownBy(optimizer::step)
        .withMessageContaining("'w'")
        .withMessageContaining("Double")
        .withMessageContaining("Float");
    assertThat(norm(parameter.tensor())).isEqualTo(2);
    assertThat(optimizer.state().values().get("steps")).isEqualTo(Map.of("w", 1L));
  }

  private static ParameterGroup group(String name, String parameterName, Parameter parameter) {
    return new ParameterGroup(name, Map.of(parameterName, parameter), 0.1, 0);
  }

  private static AdamP adamP(ParameterGroup... groups) {
    return new AdamP(List.of(groups), AdamPConfiguration.defaults());
  }

  @Test
  void givenTheRegister_whenLoaded_thenBothMethodsAreInIt() {
    for (String name : List.of("sgdp", "adamp")) {
      assertThat(Methods.load().get(name).configuration())
          .isEqualTo(Optimizers.get(name).configuration());
      assertThat(Methods.load().get(name).recipe()).isEqualTo(name + ".yaml");
    }
  }
}
