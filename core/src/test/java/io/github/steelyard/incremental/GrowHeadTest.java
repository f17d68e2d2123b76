package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrowHeadTest {
  /** w = v^3, which can be inverted, element by element. */
  private static final class Cube extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.pow(new Scalar(3));
    }

    @Override
    public boolean isInvertible() {
      return true;
    }

    @Override
    public Tensor inverse(Tensor effective) {
      return effective.sign().mul(effective.abs().pow(new Scalar(1 / 3.0)));
    }
  }

  /** w = |v|, which cannot be inverted. */
  private static final class Absolute extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.abs();
    }
  }

  /** w = s v with a factor for each row. */
  private static final class RowScale extends Parametrization {
    private final Parameter scale;

    RowScale(long rows) {
      scale = parameter("scale", torch.full(new long[] {rows, 1}, new Scalar(2.0)));
    }

    @Override
    public Tensor forward(Tensor value) {
      return value.mul(scale.value());
    }
  }

  /** w = v / max |v|, in which a new row changes the old ones. */
  private static final class ByLargest extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.div(value.abs().max());
    }
  }

  private static Sequential model(Linear head) {
    return new Sequential(new Linear(4, 3), new ReLU(), head);
  }

  @ParameterizedTest
  @CsvSource({
    "mlp, fc3, 1, 28",
    "resnet8, linear, 1, 28",
    "resnet18, fc, 3, 32",
    "vit_mini_patch7_28, head, 1, 28"
  })
  void givenAnyBackbone_whenItsHeadGrows_thenOldLogitsStayAndNewOnesAppear(
      String name, String path, int channels, int size) {
    Seeds.set(3);
    ModelOptions options = ModelOptions.none().with(o -> o.classes = 4);
    Module model = Models.create(name, options);
    model.eval();
    Map<String, Tensor> before = TinyStream.copy(model);
    Scope.withoutGradient(
        () -> {
          Tensor inputs = torch.randn(2, channels, size, size);
          Tensor old = model.forward(inputs);

          assertThat(new GrowHead(3).apply(model)).isSameAs(model);

          assertThat(ClassifierHead.of(model).path()).isEqualTo(path);
          assertThat(ClassifierHead.of(model).classes()).isEqualTo(7);
          Tensor grown = model.forward(inputs);
          assertThat(grown.shape()).containsExactly(2, 7);
          assertThat(torch.allclose(grown.narrow(1, 0, 4), old, 1e-5, 1e-6, false)).isTrue();
          Tensor weight = model.stateDict().get(path + ".weight");
          assertThat(weight.narrow(0, 0, 4).equal(before.get(path + ".weight"))).isTrue();
          assertThat(weight.narrow(0, 4, 3).abs().sum().item_double()).isPositive();
          assertThat(ClassifierHead.of(model).features(inputs).size(0)).isEqualTo(2);
        });
    assertThat(model.stateDict().keySet()).isEqualTo(before.keySet());
    assertThat(model.getSubmodule(path).isTraining()).isFalse();
  }

  @Test
  void givenDoublesNoBiasAndAFrozenWeight_whenTheHeadGrows_thenAllOfItCarriesOver() {
    Sequential model = model(new Linear(3, 2, false));
    model.to(ScalarType.Double);
    ClassifierHead.of(model).linear().weight().setTrainable(false);

    new GrowHead("2", 1).apply(model);

    Linear grown = ClassifierHead.of(model).linear();
    assertThat(grown.weight().tensor().scalar_type().intern()).isEqualTo(ScalarType.Double);
    assertThat(grown.weight().isTrainable()).isFalse();
    assertThat(grown.bias()).isEmpty();
    assertThat(grown.weight().shape()).containsExactly(3, 3);
  }

  @Test
  void givenAParametrizedWeight_whenTheHeadGrows_thenOldRowsKeepTheirBitsAndNewOnesAreMapped() {
    for (Parametrization map : new Parametrization[] {new Cube(), new Absolute()}) {
      Sequential model = model(new Linear(3, 2));
      Parameter weight = ClassifierHead.of(model).linear().weight();
      weight.parametrize(map);
      Tensor stored = Scope.keep(weight.tensor().detach().clone());

      new GrowHead(2).apply(model);

      Parameter grown = ClassifierHead.of(model).linear().weight();
      assertThat(grown.parametrizations()).containsExactly(map);
      assertThat(HeadRows.of(grown.tensor(), 0, 2).equal(stored)).isTrue();
      Tensor fresh = HeadRows.of(grown.value(), 2, 4);
      assertThat(fresh.abs().max().item_double()).isBetween(1e-3, 1.0);
      assertThat(model.stateDict()).containsKey("2.parametrizations.weight.original");
    }
  }

  @Test
  void givenAParametrizationThatCannotGrow_whenTheHeadGrows_thenTheModelIsUnchanged() {
    Sequential rows = model(new Linear(3, 2));
    ClassifierHead.of(rows).linear().weight().parametrize(new RowScale(2));
    Sequential mixed = model(new Linear(3, 2));
    Scope.withoutGradient(
        () -> ClassifierHead.of(mixed).linear().weight().tensor().mul_(new Scalar(0.01)));
    ClassifierHead.of(mixed).linear().weight().parametrize(new ByLargest());
    for (Sequential model : new Sequential[] {rows, mixed}) {
      Linear before = ClassifierHead.of(model).linear();
      Map<String, Tensor> state = TinyStream.copy(model);

      assertThatIllegalArgumentException()
          .isThrownBy(() -> new GrowHead(1).apply(model))
          .withMessageContaining("'2.weight' cannot grow")
          .withMessageContaining("materialize");

      assertThat(ClassifierHead.of(model).linear()).isSameAs(before);
      assertThat(TinyStream.same(state, model.stateDict())).isTrue();
    }
  }

  @Test
  void givenAHeadThatIsNotLinear_whenItShallGrow_thenTheErrorNamesItAndThePlaceToSay() {
    Sequential activated = new Sequential(new Linear(4, 3), new ReLU());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(1).apply(activated))
        .withMessageContaining("the last layer of Sequential, '1',")
        .withMessageContaining("is a ReLU")
        .withMessageContaining("give its path");
    assertThat(((Linear) new GrowHead("0", 1).apply(activated).getSubmodule("0")).outFeatures())
        .isEqualTo(4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead("head", 1).apply(new TinyStream.Net(2).getSubmodule("fc1")))
        .withMessageContaining("has no module 'head'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(1).apply(new Linear(2, 2)))
        .withMessageContaining("put it into a Sequential");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(0))
        .withMessageContaining("at least one new class, but not by 0");
  }
}
