package io.github.steelyard.nn;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes off what wrappers and training programs put before the names of weights. */
final class StatePrefixes {
  /** Wrappers that may stand before any part of a name: torch.compile, FSDP, checkpointing. */
  private static final List<String> WRAPPERS =
      List.of("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.");

  /** DistributedDataParallel, Lightning, MMPretrain and others. */
  private static final List<String> PREFIXES =
      List.of("module.", "model.", "backbone.", "state_dict.", "net.", "network.");

  private StatePrefixes() {}

  static void takeOff(ForeignState state, Set<String> own) {
    for (String wrapper : WRAPPERS) {
      if (own.stream().noneMatch(name -> name.contains(wrapper))) {
        state.rename(name -> name.replace(wrapper, ""), "read without '" + wrapper + "'");
      }
    }
    for (boolean changed = true; changed; ) {
      changed = false;
      for (String prefix : PREFIXES) {
        if (helps(prefix, state.names(), own)) {
          state.rename(name -> without(prefix, name), "read without '" + prefix + "'");
          changed = state.names().stream().noneMatch(name -> name.startsWith(prefix)) || changed;
        }
      }
    }
  }

  private static String without(String prefix, String name) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  /** Whether more names are the module's without the prefix, or all names have it. */
  private static boolean helps(String prefix, Set<String> names, Set<String> own) {
    List<String> with = names.stream().filter(name -> name.startsWith(prefix)).toList();
    if (with.isEmpty()) {
      return false;
    }
    List<String> stripped = new ArrayList<>();
    names.forEach(name -> stripped.add(without(prefix, name)));
    Set<String> different = new HashSet<>(stripped);
    if (different.size() < stripped.size()) {
      return false;
    }
    long before = names.stream().filter(own::contains).count();
    long after = different.stream().filter(own::contains).count();
    boolean ownPrefix = own.stream().anyMatch(name -> name.startsWith(prefix));
    return after > before || (with.size() == names.size() && !ownPrefix);
  }
}
