//! Which file of a crate names which other, read from its tokens: `use` trees, and paths as they stand in the code and
//! in macros. It knows modules, re-exports and globs, but no types: a method's home is not found by its name.
//!
//! Left out: what is compiled into tests alone (a test of a low file may build its case with a high one), comments with
//! their links, `mod` lines, and re-exports. A path through a re-export leads to the file that defines the item.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file of a crate: its place below the crate's root file, and what it says.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A line of one file that names something of another; both are places in the list of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) line: usize,
}

type Path = Vec<String>;

/// All imports between these files of one crate, sorted.
pub(crate) fn imports(sources: &[Source]) -> Vec<Import> {
    let files: Vec<File> = sources.iter().map(File::read).collect();
    let tests: BTreeSet<&Path> = files.iter().flat_map(|file| &file.tests).collect();
    let of_tests = |file: &File| file.ancestors().any(|module| tests.contains(&module));
    let mut found = BTreeSet::new();
    for (from, file) in files.iter().enumerate().filter(|(_, file)| !of_tests(file)) {
        for (path, line) in file.named() {
            let to = home(&files, &path, 0);
            found.extend(to.filter(|to| *to != from).map(|to| Import { from, to, line }));
        }
    }
    found.into_iter().collect()
}

/// The file that defines what this path from the crate's root names; `None` for what lies outside of the crate.
fn home(files: &[File], path: &[String], turns: u8) -> Option<usize> {
    // Nobody re-exports a name so often; one that re-exports itself would never end.
    if turns > 16 {
        return None;
    }
    // The longest part that is a file; `lib.rs` and `main.rs` are the empty one.
    let depth =
        (0..=path.len()).rev().find(|depth| files.iter().any(|file| file.module == path[..*depth]))?;
    let index = files.iter().position(|file| file.module == path[..depth])?;
    let file = &files[index];
    let Some((item, rest)) = path[depth..].split_first() else { return Some(index) };
    if let Some(source) = file.names.get(item) {
        let path = file.rooted(source, &file.module)?;
        return home(files, &[&path, rest].concat(), turns + 1);
    }
    let by_glob = |glob: &Path| {
        let module = file.rooted(glob, &file.module)?;
        let to = home(files, &[&module, std::slice::from_ref(item), rest].concat(), turns + 1)?;
        (files[to].defines.contains(item)).then_some(to)
    };
    if file.defines.contains(item) {
        return Some(index);
    }
    Some(file.globs.iter().find_map(by_glob).unwrap_or(index))
}

/// What one file says of modules, with paths as they are written.
#[derive(Default)]
struct File {
    /// Its place in the crate.
    module: Path,
    /// The modules that it declares with a `mod` line.
    children: BTreeSet<String>,
    /// Those of them that are compiled into tests alone, from the root.
    tests: BTreeSet<Path>,
    /// The items that it defines.
    defines: BTreeSet<String>,
    /// What it has from elsewhere, by its name here, imported or re-exported.
    names: BTreeMap<String, Path>,
    /// The names among them that it re-exports.
    reexported: BTreeSet<String>,
    /// What it imports or re-exports as a whole.
    globs: Vec<Path>,
    /// Each path in it but those of re-exports: where it stands, what is written, the line.
    paths: Vec<(Path, Path, usize)>,
}

impl File {
    fn read(source: &Source) -> Self {
        let stem = source.path.strip_suffix(".rs").expect("only Rust files are read");
        let mut module: Path = stem.split('/').map(str::to_owned).collect();
        let roots = ["lib", "main"];
        if module.last().is_some_and(|last| last == "mod")
            || module.len() == 1 && roots.contains(&&*module[0])
        {
            module.pop();
        }
        let tokens: TokenStream =
            source.text.parse().unwrap_or_else(|error| panic!("{}: {error}", source.path));
        let mut file = Self { module: module.clone(), ..Self::default() };
        file.walk(tokens, &module);
        file
    }

    fn ancestors(&self) -> impl Iterator<Item = Path> {
        (1..=self.module.len()).map(|depth| self.module[..depth].to_vec())
    }

    /// What it names, from the root, with the line. Names that it re-exports count where it uses them itself.
    fn named(&self) -> impl Iterator<Item = (Path, usize)> {
        let used = |path: &Path| path.len() > 1 || self.reexported.contains(&path[0]);
        let whole = self.paths.iter().filter(move |(_, path, _)| used(path));
        whole.filter_map(|(here, path, line)| Some((self.rooted(path, here)?, *line)))
    }

    /// A path as written in the module `here`, from the root; `None` when it begins outside of the crate.
    fn rooted(&self, path: &[String], here: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => self.behind_here(here, rest),
            "super" => self.behind_here(&here[..here.len().checked_sub(1)?], rest),
            _ if self.children.contains(first) => Some([&self.module, path].concat()),
            name => {
                let source = self.names.get(name).filter(|source| source[0] != *name)?;
                self.rooted(&[source, rest].concat(), &self.module)
            }
        }
    }

    /// What follows `self` or `super`: more of them, or the rest of the path.
    fn behind_here(&self, here: &[String], rest: &[String]) -> Option<Path> {
        match rest.first().map(String::as_str) {
            Some("self" | "super") => self.rooted(rest, here),
            _ => Some([here, rest].concat()),
        }
    }

    fn walk(&mut self, tokens: TokenStream, here: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at += match word(&tokens, at).as_deref() {
                _ if is_for_tests(&tokens, at) => self.skip(&tokens[at..], here),
                Some("use") => self.take_use(&tokens, at, here),
                Some("mod") => self.take_mod(&tokens[at..], here),
                Some("pub") if group(&tokens, at + 1, Delimiter::Parenthesis).is_some() => 2,
                Some(_) => self.take_path(&tokens, at, here),
                None => {
                    if let TokenTree::Group(group) = &tokens[at] {
                        self.walk(group.stream(), here);
                    }
                    1
                }
            };
        }
    }

    /// Passes an item that only tests have, and remembers it if it is a module with a file of its own.
    fn skip(&mut self, tokens: &[TokenTree], here: &[String]) -> usize {
        let ends = |token: &TokenTree| match token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        let length = tokens.iter().position(ends).map_or(tokens.len(), |end| end + 1);
        if let Some(at) = (0..length).find(|at| word(tokens, *at).as_deref() == Some("mod")) {
            self.tests.extend(word(tokens, at + 1).map(|name| [here, &[name]].concat()));
        }
        length
    }

    /// `mod name;` declares a child, which is no import; `mod name { ... }` is a part of this file.
    fn take_mod(&mut self, tokens: &[TokenTree], here: &[String]) -> usize {
        let Some(name) = word(tokens, 1) else { return 1 };
        match group(tokens, 2, Delimiter::Brace) {
            Some(body) => {
                self.defines.insert(name.clone());
                self.walk(body, &[here, &[name]].concat());
            }
            None => drop(self.children.insert(name)),
        }
        3
    }

    fn take_use(&mut self, tokens: &[TokenTree], at: usize, here: &[String]) -> usize {
        let length = tokens[at..].iter().position(|token| is(token, ';')).unwrap_or(1);
        let before = at.checked_sub(1).map(|at| &tokens[at]);
        let reexport = match before {
            Some(TokenTree::Ident(word)) => word == "pub",
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            _ => false,
        };
        self.take_tree(&tokens[at + 1..at + length], &[], here, reexport);
        length
    }

    /// One tree of a `use`, below `stem`.
    fn take_tree(&mut self, tokens: &[TokenTree], stem: &[String], here: &[String], reexport: bool) {
        for branch in tokens.split(|token| is(token, ',')).filter(|branch| !branch.is_empty()) {
            let (mut path, mut alias, mut line) = (stem.to_vec(), None, 0);
            let mut at = 0;
            while at < branch.len() {
                line = branch[at].span().start().line;
                match word(branch, at) {
                    Some(name) if name == "as" => (alias, at) = (word(branch, at + 1), at + 1),
                    Some(name) if name == "self" && !path.is_empty() => {}
                    Some(name) => path.push(name),
                    None => {}
                }
                if let Some(inner) = group(branch, at, Delimiter::Brace) {
                    let inner: Vec<TokenTree> = inner.into_iter().collect();
                    return self.take_tree(&inner, &path, here, reexport);
                }
                at += 1;
            }
            self.note_use(path, alias, (here, line), is(&branch[branch.len() - 1], '*'), reexport);
        }
    }

    fn note_use(
        &mut self,
        path: Path,
        alias: Option<String>,
        (here, line): (&[String], usize),
        glob: bool,
        reexport: bool,
    ) {
        let Some(last) = path.last().cloned() else { return };
        if !reexport {
            self.paths.push((here.to_vec(), path.clone(), line));
        }
        // Names of inline modules would be those of the file: near enough, and there are few.
        match (glob, alias.unwrap_or(last)) {
            (true, _) => self.globs.push(path),
            (false, name) => {
                self.reexported.extend(reexport.then(|| name.clone()));
                self.names.insert(name, path);
            }
        }
    }

    /// A path, or the name of an item where it is defined.
    fn take_path(&mut self, tokens: &[TokenTree], at: usize, here: &[String]) -> usize {
        const DEFINING: [&str; 9] =
            ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "macro_rules"];
        let mut path: Path = word(tokens, at).into_iter().collect();
        if DEFINING.contains(&path[0].as_str()) {
            let name_at = if path[0] == "macro_rules" { at + 2 } else { at + 1 };
            self.defines.extend(word(tokens, name_at));
            return 1;
        }
        let mut length = 1;
        while is_at(tokens, at + length, ':') && is_at(tokens, at + length + 1, ':') {
            let Some(name) = word(tokens, at + length + 2) else { break };
            path.push(name);
            length += 3;
        }
        // Fields, methods and what follows `>::` belong to types, whose homes are not known here.
        let before = |by: usize, mark| at.checked_sub(by).is_some_and(|at| is_at(tokens, at, mark));
        let of_a_type = before(1, '.') || before(1, ':') && before(2, ':');
        if !of_a_type {
            self.paths.push((here.to_vec(), path, tokens[at].span().start().line));
        }
        length
    }
}

fn word(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at)? {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}

fn group(tokens: &[TokenTree], at: usize, delimiter: Delimiter) -> Option<TokenStream> {
    match tokens.get(at)? {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group.stream()),
        _ => None,
    }
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_at(tokens: &[TokenTree], at: usize, mark: char) -> bool {
    tokens.get(at).is_some_and(|token| is(token, mark))
}

/// `#[cfg(test)]` and `#[cfg(all(test, ...))]`.
fn is_for_tests(tokens: &[TokenTree], at: usize) -> bool {
    let attribute = is(&tokens[at], '#').then(|| group(tokens, at + 1, Delimiter::Bracket)).flatten();
    attribute.is_some_and(|attribute| {
        let text: String = attribute.to_string().split_whitespace().collect();
        text.starts_with("cfg(test") || text.starts_with("cfg(all(test")
    })
}
