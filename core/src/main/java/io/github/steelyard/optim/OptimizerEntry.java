package io.github.steelyard.optim;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.runtime.Named;
import io.github.steelyard.runtime.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * One optimizer in the register.
 *
 * @param <C> the record that configures it
 * @param name how recipes call it, such as {@code adamw}
 * @param summary what it does, in one sentence
 * @param configuration the class of the record that configures it
 * @param defaults the default configuration
 * @param learningRate the default learning rate of its publication or of PyTorch
 * @param weightDecay the default weight decay of the same source
 * @param factory makes one from groups and a configuration
 */
public record OptimizerEntry<C extends Record>(
    String name,
    String summary,
    Class<C> configuration,
    C defaults,
    double learningRate,
    double weightDecay,
    BiFunction<List<ParameterGroup>, C, ? extends Optimizer> factory)
    implements Named {

  private static final TypeReference<LinkedHashMap<String, Object>> OPTIONS =
      new TypeReference<>() {};
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /**
   * The options with their default values.
   *
   * @return by the names that {@link #configure} understands, such as {@code wd_ratio}, in order
   */
  public Map<String, Object> options() {
    return MAPPER.convertValue(defaults, OPTIONS);
  }

  /**
   * Makes a configuration of options.
   *
   * @param options values by option name; what is not named has its default
   * @return the configuration
   * @throws IllegalArgumentException if an option is unknown (the message names the nearest), of
   *     the wrong type or out of range
   */
  public C configure(Map<String, ?> options) {
    Map<String, Object> all = options();
    options.forEach(
        (option, value) -> {
          if (!all.containsKey(option)) {
            throw new IllegalArgumentException(
                "the optimizer '"
                    + name
                    + "' has no option '"
                    + option
                    + "'"
                    + Suggestion.clause(option, all.keySet()));
          }
          requireType(option, value, all.get(option));
          all.put(option, value);
        });
    try {
      return MAPPER.convertValue(all, configuration);
    } catch (IllegalArgumentException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw new IllegalArgumentException(
          "the optimizer '" + name + "': " + cause.getMessage(), cause);
    }
  }

  private void requireType(String option, Object value, Object defaultValue) {
    boolean number = defaultValue instanceof Number;
    boolean fits = number ? value instanceof Number : value instanceof Boolean;
    if (!fits && (number || defaultValue instanceof Boolean)) {
      throw new IllegalArgumentException(
          "the option '"
              + option
              + "' of the optimizer '"
              + name
              + "' must be "
              + (number ? "a number" : "true or false")
              + ", but is "
              + (value instanceof String ? "'" + value + "'" : value));
    }
  }

  /**
   * Makes an optimizer of options.
   *
   * @param groups the parameters
   * @param options values by option name; what is not named has its default
   * @return the optimizer
   * @throws IllegalArgumentException if an option or a group cannot be used
   */
  public Optimizer create(List<ParameterGroup> groups, Map<String, ?> options) {
    return factory.apply(groups, configure(options));
  }
}
