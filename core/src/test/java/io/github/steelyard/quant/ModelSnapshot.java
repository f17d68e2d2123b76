package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What a refused transform must leave alone. */
record ModelSnapshot(
    Map<String, Module> modules, Map<String, Tensor> state, Map<String, Boolean> modes) {
  static ModelSnapshot of(Module model) {
    Map<String, Boolean> modes = new LinkedHashMap<>();
    model.namedModules().forEach((path, module) -> modes.put(path, module.isTraining()));
    return new ModelSnapshot(model.namedModules(), SmallModels.copy(model), modes);
  }

  void requireUnchanged(Module model) {
    ModelSnapshot now = of(model);
    assertThat(now.modules).isEqualTo(modules);
    assertThat(now.modes).isEqualTo(modes);
    assertThat(now.state.keySet()).isEqualTo(state.keySet());
    now.state.forEach(
        (name, tensor) ->
            assertThat(torch.allclose(tensor, state.get(name), 0, 0, true)).as(name).isTrue());
  }

  static void requireRefused(Module model, PrepareQuantization prepare, String... message) {
    ModelSnapshot before = ModelSnapshot.of(model);
    assertThatThrownBy(() -> prepare.apply(model))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .contains(message);
    before.requireUnchanged(model);
  }
}
