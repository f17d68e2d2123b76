package io.github.steelyard.cli.console;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;

/** Knows whether stderr is a terminal; the JDK can tell it of stdin and stdout together only. */
final class Terminal {
  private static final int STANDARD_ERROR = 2;

  private Terminal() {}

  static boolean isInteractive() {
    String kind = System.getenv("TERM");
    if (kind == null ? !Platform.isWindows() : kind.equals("dumb")) {
      return false;
    }
    try {
      Function isatty =
          NativeLibrary.getInstance(Platform.C_LIBRARY_NAME)
              .getFunction(Platform.isWindows() ? "_isatty" : "isatty");
      return isatty.invokeInt(new Object[] {STANDARD_ERROR}) != 0;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }
}
