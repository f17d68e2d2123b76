package io.github.steelyard;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rooms of the design and who may depend on whom. */
@ArchTag("once")
@AnalyzeClasses(
    packages = "io.github.steelyard",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule roomsDependDownwards =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("reference")
          .definedBy("..steelyard.reference..")
          .layer("predict")
          .definedBy("..steelyard.predict..")
          .layer("methods")
          .definedBy(
              "..steelyard.quant..",
              "..steelyard.incremental..",
              "..steelyard.compander..",
              "..steelyard.robust..",
              "..steelyard.interaction..")
          .layer("train")
          .definedBy("..steelyard.train..")
          .layer("optim")
          .definedBy("..steelyard.optim..")
          .layer("data")
          .definedBy("..steelyard.data..")
          .layer("io")
          .definedBy("..steelyard.io..")
          .layer("nn")
          .definedBy("..steelyard.nn..")
          .layer("runtime")
          .definedBy("..steelyard.runtime..")
          .whereLayer("reference")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("predict")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("methods")
          .mayOnlyBeAccessedByLayers("reference", "predict")
          .whereLayer("train")
          .mayOnlyBeAccessedByLayers("reference", "predict", "methods")
          .whereLayer("optim")
          .mayOnlyBeAccessedByLayers("reference", "predict", "methods", "train")
          .whereLayer("data")
          .mayOnlyBeAccessedByLayers("reference", "predict", "methods", "train")
          .whereLayer("io")
          .mayOnlyBeAccessedByLayers("reference", "predict", "methods", "train", "data", "optim")
          .whereLayer("nn")
          .mayOnlyBeAccessedByLayers("reference", "predict", "methods", "train", "optim", "io");

  @ArchTest
  static final ArchRule roomsFormNoCycles =
      slices().matching("io.github.steelyard.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule methodRoomsNeverImportOneAnother =
      slices()
          .matching("io.github.steelyard.(quant|incremental|compander|robust|interaction)..")
          .should()
          .notDependOnEachOther()
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyRuntimeKnowsPointerScopes =
      noClasses()
          .that()
          .resideOutsideOfPackage("..steelyard.runtime..")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope");

  @ArchTest
  static final ArchRule theLibraryDoesNotPrint = noClasses().should(ACCESS_STANDARD_STREAMS);

  @ArchTest
  static final ArchRule nobodyCallsTheCollector =
      noClasses().should().callMethod(System.class, "gc");

  @ArchTest
  static final ArchRule nobodyUnpicklesFiles =
      noClasses()
          .should()
          .callMethodWhere(
              com.tngtech.archunit.core.domain.JavaCall.Predicates.target(
                  com.tngtech.archunit.core.domain.properties.HasName.Predicates.name(
                      "pickle_load")));
}
