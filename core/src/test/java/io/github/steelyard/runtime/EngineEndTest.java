package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.github.steelyard.testing.ChildJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class EngineEndTest {
  @Test
  @EnabledOnOs(OS.LINUX)
  void givenThreadsInNativeCode_whenAProcessEnds_thenNoDestructorTakesAwayWhatTheyUse()
      throws Exception {
    ChildJvm.Result child = ChildJvm.of(EndingChild.class).run();

    assertThat(child.exitCode()).as(child.output() + child.errors()).isEqualTo(3);
  }

  /** Its destructor, as of any native library that was loaded, would end it otherwise. */
  static final class EndingChild {
    private EndingChild() {}

    public static void main(String[] arguments) {
      Engine.start();
      NativeLibrary c = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
      c.getFunction("on_exit").invokeInt(new Object[] {c.getFunction("abort"), null});
      System.exit(3);
    }
  }
}
