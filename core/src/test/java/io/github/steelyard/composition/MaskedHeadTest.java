package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.incremental.GrowHead;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.robust.SparsityReport;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mask is made for so many rows, also where libtorch would repeat its single one. */
@Tag("once")
class MaskedHeadTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void givenAMaskedHead_whenItShallGrow_thenItIsRefusedAndNothingChanged(int classes) {
    Linear head = new Linear(6, classes);
    Module model = new Sequential(new Linear(4, 6), new ReLU(), head);
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    Tensor before = head.weight().value().detach().clone();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrowHead(2).apply(model))
        .withMessageContaining("'2.weight' cannot grow")
        .withMessageContaining("[" + classes + ", 6]")
        .withMessageContaining("materialize");

    assertThat(model.getSubmodule("2")).isSameAs(head);
    assertThat(torch.equal(head.weight().value(), before)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void givenAMaskedHead_whenItIsMaterialized_thenItGrowsAndIsPrunedAnew(int classes) {
    Linear head = new Linear(6, classes);
    Module model = new Sequential(new Linear(4, 6), new ReLU(), head);
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    Tensor pruned = head.weight().value().detach().clone();
    head.weight().materialize();

    new GrowHead(2).apply(model);

    Linear grown = (Linear) model.getSubmodule("2");
    assertThat(torch.equal(grown.weight().value().narrow(0, 0, classes), pruned)).isTrue();
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    assertThat(SparsityReport.of(model).layers().get(1).sparsity()).isEqualTo(0.5);
  }
}
