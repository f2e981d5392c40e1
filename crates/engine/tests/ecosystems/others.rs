//! Go, Java, C, and two languages in one repository.

use std::path::Path;

use crate::{Scene, reaches, skipped};

#[tokio::test]
async fn a_module_of_go_with_packages_below() {
    if skipped("go", &["go"]) {
        return;
    }
    let test = "package text\n\nimport \"testing\"\n\nfunc TestDouble(t *testing.T) {\n\tif Double(3) != 6 {\n\t\tt.Error(\"three\")\n\t}\n}\n\nfunc TestZero(t *testing.T) {\n\tif Double(0) != 0 {\n\t\tt.Error(\"zero\")\n\t}\n}\n";
    let main = "package main\n\nimport \"example.org/tool/internal/text\"\n\nfunc main() { println(text.Double(2)) }\n";
    let scene = Scene {
        files: &[
            ("go.mod", "module example.org/tool\n\ngo 1.19\n"),
            ("main.go", main),
            ("internal/text/text.go", "package text\n\nfunc Double(n int) int { return n + n }\n"),
            ("internal/text/text_test.go", test),
        ],
        changed: "internal/text/text.go",
        right: "package text\n\n// Double gives twice n.\nfunc Double(n int) int { return 2 * n }\n",
        broken: "package text\n\nfunc Double(n int) int { return n * n }\n",
        test: "TestDouble",
        check: "go test",
    };
    scene.play().await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_project_of_maven() {
    if skipped("maven", &["mvn", "javac"]) {
        return;
    }
    let get = ["-q", "--batch-mode", "dependency:get", "-Dartifact=junit:junit:4.13.2"];
    // Debian's packages of Maven form a local registry
    let debian = Path::new("/usr/share/maven-repo");
    let holds = ["junit/junit/4.13.2", "org/apache/maven/plugins/maven-surefire-plugin"];
    let is_there = holds.iter().all(|name| debian.join(name).is_dir());
    if !is_there && !reaches("mvn", &get, "maven") {
        return;
    }
    let registry = if is_there {
        let repository = |kind: &str| {
            format!(
                "  <{kind}ies>\n    <{kind}y>\n      <id>central</id>\n      <url>file://{}</url>\n    </{kind}y>\n  </{kind}ies>\n",
                debian.display()
            )
        };
        repository("repositor") + &repository("pluginRepositor")
    } else {
        String::new()
    };
    let pom = format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>org.example</groupId>\n  <artifactId>tool</artifactId>\n  <version>1</version>\n  <properties>\n    <maven.compiler.source>11</maven.compiler.source>\n    <maven.compiler.target>11</maven.compiler.target>\n    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>\n  </properties>\n  <dependencies>\n    <dependency>\n      <groupId>junit</groupId>\n      <artifactId>junit</artifactId>\n      <version>4.13.2</version>\n      <scope>test</scope>\n    </dependency>\n  </dependencies>\n{registry}</project>\n"
    );
    let code = |body: &str| {
        format!(
            "package org.example;\n\npublic class Text {{\n    public static int twice(int n) {{\n        return {body};\n    }}\n}}\n"
        )
    };
    let test = "package org.example;\n\nimport static org.junit.Assert.assertEquals;\n\nimport org.junit.Test;\n\npublic class TextTest {\n    @Test\n    public void threeTwice() {\n        assertEquals(6, Text.twice(3));\n    }\n\n    @Test\n    public void zeroTwice() {\n        assertEquals(0, Text.twice(0));\n    }\n}\n";
    let (before, right, broken) = (code("n + n"), code("2 * n"), code("n * n"));
    let scene = Scene {
        files: &[
            ("pom.xml", &pom),
            ("src/main/java/org/example/Text.java", &before),
            ("src/test/java/org/example/TextTest.java", test),
            (".gitignore", "target\n"),
        ],
        changed: "src/main/java/org/example/Text.java",
        right: &right,
        broken: &broken,
        test: "threeTwice",
        check: "mvn",
    };
    scene.play().await;
}

#[tokio::test]
async fn a_project_of_cmake_with_ctest() {
    if skipped("cmake", &["cmake", "ctest", "cc"]) {
        return;
    }
    let lists = "cmake_minimum_required(VERSION 3.10)\nproject(tool C)\nenable_testing()\nadd_library(text text.c)\nadd_executable(doubles test/doubles.c)\ntarget_link_libraries(doubles text)\ntarget_include_directories(doubles PRIVATE ${CMAKE_SOURCE_DIR})\nadd_test(NAME three_doubles COMMAND doubles 3 6)\nadd_test(NAME zero_doubles COMMAND doubles 0 0)\n";
    let test = "#include <stdlib.h>\n#include \"text.h\"\n\nint main(int count, char **words) {\n    return count == 3 && twice(atoi(words[1])) == atoi(words[2]) ? 0 : 1;\n}\n";
    let scene = Scene {
        files: &[
            ("CMakeLists.txt", lists),
            ("text.h", "int twice(int n);\n"),
            ("text.c", "#include \"text.h\"\n\nint twice(int n) { return n + n; }\n"),
            ("test/doubles.c", test),
            (".gitignore", "build\n"),
        ],
        changed: "text.c",
        right: "#include \"text.h\"\n\nint twice(int n) { return 2 * n; }\n",
        broken: "#include \"text.h\"\n\nint twice(int n) { return n * n; }\n",
        test: "three_doubles",
        check: "ctest",
    };
    scene.play().await;
}

#[tokio::test]
async fn two_languages_in_one_repository() {
    if skipped("mixed", &["python3", "node"]) {
        return;
    }
    let node = "import assert from \"node:assert/strict\";\nimport test from \"node:test\";\nimport { greet } from \"../greet.js\";\n\ntest(\"greets\", () => assert.equal(greet(), \"hello\"));\n";
    let python = "import unittest\n\nfrom calc import double\n\n\nclass Doubles(unittest.TestCase):\n    def test_three(self):\n        self.assertEqual(double(3), 6)\n\n    def test_two(self):\n        self.assertEqual(double(2), 4)\n";
    let scene = Scene {
        files: &[
            (
                "web/package.json",
                r#"{ "name": "web", "type": "module", "scripts": { "test": "node --test" } }"#,
            ),
            ("web/greet.js", "export const greet = () => \"hello\";\n"),
            ("web/test/greet.test.js", node),
            ("server/calc.py", "def double(n):\n    return n + n\n"),
            ("server/tests/__init__.py", ""),
            ("server/tests/test_calc.py", python),
        ],
        changed: "server/calc.py",
        right: "def double(n):\n    return 2 * n\n",
        broken: "def double(n):\n    return n * n\n",
        test: "test_three",
        check: "unittest",
    };
    scene.play().await;
}
