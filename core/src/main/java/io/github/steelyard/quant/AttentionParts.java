package io.github.steelyard.quant;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.WindowAttention;
import io.github.steelyard.nn.WindowBias;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a quantized attention takes over from the one it replaces.
 *
 * @param configuration size and dropout
 * @param children by name; the norms of queries and keys are there even if they do nothing
 * @param bias what is added to the logits inside windows
 */
record AttentionParts(
    AttentionConfiguration configuration, Map<String, Module> children, Optional<WindowBias> bias) {

  static boolean isAttention(Module module) {
    return module instanceof Attention || module instanceof WindowAttention;
  }

  static AttentionParts of(Module module) {
    Map<String, Module> children = new LinkedHashMap<>(module.children());
    if (module instanceof WindowAttention windows) {
      children.put("q_norm", new Identity());
      children.put("k_norm", new Identity());
      return new AttentionParts(windows.configuration(), children, Optional.of(windows.bias()));
    }
    return new AttentionParts(((Attention) module).configuration(), children, Optional.empty());
  }

  Linear linear(String name) {
    if (children.get(name) instanceof Linear linear) {
      return linear;
    }
    throw new IllegalArgumentException(
        "the attention holds a " + children.get(name) + " as '" + name + "', not a Linear");
  }
}
