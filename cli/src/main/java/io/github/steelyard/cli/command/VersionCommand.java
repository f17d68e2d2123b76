package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.EngineInfo;
import io.github.steelyard.runtime.Provenance;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows the versions of what computes. */
@Command(
    name = "version",
    description = "Show the versions and settings of Steelyard and its native engine.",
    footer = {"", "Example:", "  steelyard version --json"})
public final class VersionCommand implements Runnable {
  @Mixin private Output output;

  VersionCommand() {}

  @Override
  public void run() {
    EngineInfo engine = Engine.info();
    if (output.isJson()) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("steelyard", Provenance.version());
      result.put("engine", engine);
      output.printJson(result);
      return;
    }
    output.out().printf("steelyard       %s%n", Provenance.version());
    output.out().printf("engine          libtorch %s (%s)%n", engine.libtorch(), engine.platform());
    output.out().printf("BLAS            %s, oneDNN %s%n", engine.blas(), engine.oneDnn());
    output
        .out()
        .printf("threads         %d, %s while idle%n", engine.threads(), engine.waitPolicy());
    output.out().printf("CPU capability  %s%n", engine.cpuCapability());
    output.out().printf("device          %s%n", engine.cuda() ? "cuda, cpu" : "cpu");
    output.out().printf("Java            %s%n", engine.java());
  }
}
