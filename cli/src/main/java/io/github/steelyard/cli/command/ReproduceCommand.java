package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.study.Reproduced;
import io.github.steelyard.cli.study.ResultsPage;
import io.github.steelyard.cli.study.Study;
import io.github.steelyard.cli.study.StudyPace;
import io.github.steelyard.cli.study.StudyReport;
import io.github.steelyard.cli.study.StudyRun;
import io.github.steelyard.cli.study.StudyRunner;
import io.github.steelyard.method.Methods;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the studies of papers again and judges their claims. */
@Command(
    name = "reproduce",
    description = {
      "Make the studies of papers again, judge their claims, and write the page of results.",
      "A study says which claims it checks (key 'reproduces' of its file). A claim is verified: yes"
          + " if the whole 95 %% confidence interval over the seeds (Student's t, paired by seed)"
          + " is where the claim puts the number, no if it is on the other side, undecided if"
          + " neither. Finished runs are not repeated and stopped ones continue, so the same"
          + " command goes on after Ctrl-C."
    },
    footer = {"", "Example:", "  steelyard reproduce sgdp --quick"})
public final class ReproduceCommand implements Callable<Integer> {
  private static final String ALL = "all";
  private static final Path USUAL_PAGE = Path.of("docs", "results.md");

  @Mixin private Output output;
  @Mixin private PlaceOptions place;

  @Parameters(
      paramLabel = "PAPER",
      arity = "1..*",
      description =
          "Methods of 'steelyard methods', such as sgdp, for all studies of each; single studies,"
              + " such as study-norm-growth; or all.")
  private List<String> papers;

  @Option(
      names = "--quick",
      description =
          "The studies' quick variants: whether everything runs, not whether claims hold. Their"
              + " rows are never written to a page.")
  private boolean quick;

  @Option(
      names = "--recipes",
      paramLabel = "DIR",
      defaultValue = "recipes",
      description = "Where the files study-*.yaml are; ${DEFAULT-VALUE} if not given.")
  private Path recipes;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description =
          "Where each study has a folder of its own; runs if not given, runs/quick with --quick.")
  private Path folder;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description =
          "The Markdown page whose parts between <!-- reproduce STUDY --> and <!-- end --> are"
              + " replaced; docs/results.md if it is there.")
  private Path results;

  @Option(names = "--show", description = "Run and write nothing; show what is finished.")
  private boolean show;

  ReproduceCommand() {}

  @Override
  public Integer call() throws IOException {
    if (quick && results != null) {
      throw new UsageException(
          "--quick and --results exclude each other: quick rows would stand for full ones");
    }
    List<Study> studies = chosen();
    Optional<ResultsPage> page = page();
    page.ifPresent(own -> studies.forEach(study -> own.check(study.name())));
    StudyPace pace = new StudyPace();
    boolean done = show || run(studies, pace, page);
    List<Reproduced> all = new ArrayList<>();
    for (Study study : studies) {
      all.add(Reproduced.of(study, runs(study)));
      if (show) {
        pace.add(study, runs(study));
      }
    }
    print(all, pace, page);
    return done ? 0 : CommandLine.ExitCode.SOFTWARE;
  }

  private Optional<ResultsPage> page() {
    if (quick || show) {
      return Optional.empty();
    }
    if (results != null) {
      return Optional.of(new ResultsPage(results));
    }
    return Files.exists(USUAL_PAGE) ? Optional.of(new ResultsPage(USUAL_PAGE)) : Optional.empty();
  }

  private List<Study> chosen() throws IOException {
    List<Study> all = studies();
    Methods methods = Methods.load();
    Set<Study> chosen = new LinkedHashSet<>();
    for (String paper : papers) {
      List<Study> own =
          all.stream()
              .filter(
                  study ->
                      paper.equals(ALL)
                          || methods(study).contains(paper)
                          || study.name().equals(paper))
              .toList();
      if (own.isEmpty()) {
        throw none(paper, all, methods);
      }
      chosen.addAll(own);
    }
    return List.copyOf(chosen);
  }

  private UsageException none(String paper, List<Study> all, Methods methods) {
    Set<String> studied = new TreeSet<>();
    all.forEach(study -> studied.addAll(methods(study)));
    if (studied.isEmpty()) {
      return new UsageException(
          "no study-*.yaml in "
              + recipes
              + " has a key 'reproduces'; name another folder with"
              + " --recipes");
    }
    if (methods.all().stream().anyMatch(method -> method.name().equals(paper))) {
      return new UsageException(
          "no study in "
              + recipes
              + " is about '"
              + paper
              + "'; there are studies about: "
              + String.join(", ", studied));
    }
    List<String> valid = new ArrayList<>(studied);
    valid.add(ALL);
    all.forEach(study -> valid.add(study.name()));
    return new UsageException(
        "there is no paper '" + paper + "'" + Suggestion.clause(paper, valid));
  }

  private static List<String> methods(Study study) {
    return study.reproduction().orElseThrow().methods();
  }

  /** The studies that are about papers, by their files' names. */
  private List<Study> studies() throws IOException {
    if (!Files.isDirectory(recipes)) {
      throw new UsageException(
          "there is no folder " + recipes + " with studies; name one with --recipes");
    }
    List<Path> files;
    try (Stream<Path> there = Files.list(recipes)) {
      files =
          there
              .filter(file -> file.getFileName().toString().matches("study-.*\\.yaml"))
              .sorted()
              .toList();
    }
    Map<String, Study> byName = new LinkedHashMap<>();
    for (Path file : files) {
      Study study = Study.read(file, quick).changed(place.settings());
      if (study.reproduction().isPresent() && byName.put(study.name(), study) != null) {
        throw new UsageException(
            "two studies in " + recipes + " are named '" + study.name() + "'; one is " + file);
      }
    }
    return List.copyOf(byName.values());
  }

  private List<StudyRun> runs(Study study) {
    Path usual = quick ? Path.of("runs", "quick") : Path.of("runs");
    Path parent = folder == null ? usual : folder;
    return StudyRun.all(study, study.axes().settings(), parent.resolve(study.name()));
  }

  private boolean run(List<Study> studies, StudyPace pace, Optional<ResultsPage> page)
      throws IOException {
    try (Stop stop = Stop.onSignals(output.err())) {
      return run(studies, pace, page, output.session(stop));
    }
  }

  private boolean run(
      List<Study> studies, StudyPace pace, Optional<ResultsPage> page, Session session)
      throws IOException {
    Map<Study, StudyRunner> runners = new LinkedHashMap<>();
    for (Study study : studies) {
      runners.put(study, new StudyRunner(study, runs(study), session, pace));
    }
    int number = 0;
    Set<Study> without = withoutData(runners);
    boolean done = without.isEmpty();
    for (Study study : studies) {
      number++;
      if (without.contains(study)) {
        continue;
      }
      output
          .err()
          .printf(
              "study %d of %d: %s, %d runs are missing in all%n",
              number, studies.size(), study.name(), pace.missing());
      StudyRunner.Outcome outcome = runners.get(study).run();
      done &= outcome == StudyRunner.Outcome.FINISHED;
      keep(study, page);
      if (outcome == StudyRunner.Outcome.STOPPED) {
        return false;
      }
    }
    return done;
  }

  /** Found out before hours of runs: which studies cannot begin for want of their data. */
  private Set<Study> withoutData(Map<Study, StudyRunner> runners) throws IOException {
    Set<Study> without = new LinkedHashSet<>();
    for (Map.Entry<Study, StudyRunner> entry : runners.entrySet()) {
      Optional<String> fault = entry.getValue().dataFault();
      if (fault.isPresent()) {
        without.add(entry.getKey());
        output.err().printf("error: %s is left out: %s%n", entry.getKey().name(), fault.get());
      }
    }
    return without;
  }

  /** Writes what a study gave at once: the next ones may take hours. */
  private void keep(Study study, Optional<ResultsPage> page) throws IOException {
    List<StudyRun> runs = runs(study);
    Reproduced reproduced = Reproduced.of(study, runs);
    List<String> command = output.arguments();
    new StudyReport(study, reproduced.results()).write(runs.get(0).folder(), command);
    if (page.isEmpty()) {
      return;
    }
    if (reproduced.missing() > 0) {
      output
          .err()
          .printf(
              "%s: %d of %d runs are missing, so that %s stays as it is%n",
              study.name(), reproduced.missing(), runs.size(), page.get().file());
      return;
    }
    page.get().put(study.name(), reproduced.title(), reproduced.markdown(command));
  }

  private void print(List<Reproduced> all, StudyPace pace, Optional<ResultsPage> page) {
    if (output.isJson()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("quick", quick);
      values.put("page", page.map(own -> own.file().toString()).orElse(null));
      values.put("studies", all.stream().map(study -> study.toJson(output.arguments())).toList());
      output.printJson(values);
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    all.forEach(study -> rows.addAll(study.rows()));
    output.printTable(Reproduced.COLUMNS, rows);
    output.out().println();
    for (Reproduced study : all) {
      String name = study.study().name();
      if (study.missing() > 0) {
        output.out().printf("%s: %d runs are missing%n", name, study.missing());
      }
      if (study.origins().runs() > 0) {
        output.out().println(name + ": " + study.origins().text(output.arguments()));
        Path own = runs(study.study()).get(0).folder();
        output.out().println("report: " + own.resolve("report.html"));
      }
    }
    if (pace.missing() > 0) {
      output.out().printf("%d runs are missing in all; %s%n", pace.missing(), pace.left());
    }
    if (quick) {
      output.out().println("quick variants: these rows say that everything runs, nothing more");
    }
    page.ifPresent(own -> output.out().println("page: " + own.file()));
  }
}
