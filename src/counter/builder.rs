//! The builder of a question.

use std::num::NonZeroUsize;
use std::ops::{Bound, RangeBounds, RangeInclusive};
use std::path::PathBuf;

use super::counts::Counts;
use super::error::{CounterError, QuestionError};
use crate::count::{
    BadLines, Document, Encoding, FieldPath, Format, MAX_SMOOTHED_YEARS, Measure, Measures, MismatchFinder,
    NormalForm, Pattern, Plan, Pos, Selection, Sort, StopWords, TextRules, Tokens, Totals, Years,
};
use crate::exec::{ExecutorKind, Supervision};
use crate::input::{Control, FileList, Globs, HttpRules, IndexRules, InputError, Source, list_files};
use crate::job::{self, CheckpointRules, ChunkSize, Config, MemoryRules};

/// The most words of an n-gram.
const MAX_NGRAM_WORDS: u32 = 100;

/// Where the input is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// In threads of this process.
    #[default]
    Threads,
    /// In supervised worker processes: copies of this program. A worker may crash, hang or be killed without an effect on
    /// the answer.
    ///
    /// Workers start this program again, so its `main` must begin with [`serve_if_worker`](crate::serve_if_worker), or
    /// with [`pool::serve_if_worker`](crate::pool::serve_if_worker) over [`WORKER_TASKS`](crate::WORKER_TASKS) and tasks
    /// of your own. Without that call the count ends with an error that says so. For a `#[test]` see
    /// [`Supervision::program`].
    Processes,
}

/// A question about files: what is counted, and how.
///
/// The methods have the names of the options on the command line. [`count_files`](Self::count_files) checks that they fit
/// together.
///
/// ```
/// use ngramcount::Counter;
///
/// let counts = Counter::new().ngrams(1..=3).ignore_case(true).count_files(["data/kjv.txt.gz"])?;
/// assert_eq!(counts.get("of the lord"), Some(1742));
/// # Ok::<(), ngramcount::CounterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Counter {
    config: Config,
    /// `None`: counters and a token of its own for each count.
    control: Option<Control>,
    globs: Globs,
    files_from: Option<Source>,
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

impl Counter {
    /// Counts the matches of all n-grams, in as many threads as there are cores.
    pub fn new() -> Self {
        let mut config = Config::new(Vec::new());
        config.executor = ExecutorKind::Threads;
        Self { config, control: None, globs: Globs::default(), files_from: None }
    }

    /// Of the files in folders, reads only those that fit a pattern. By default all are read.
    ///
    /// ```
    /// use ngramcount::{Counter, input::Globs};
    ///
    /// let counts = Counter::new().ngrams(3..=3).glob(Globs::new(["kjv*"])?).count_files(["data"])?;
    /// assert_eq!(counts.get("of the LORD"), Some(1594));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn glob(mut self, patterns: Globs) -> Self {
        self.globs = patterns;
        self
    }

    /// Reads the names of files in this list as well, behind those that [`count_files`](Self::count_files) is given: one path or
    /// URL a line, or each with a NUL behind it.
    pub fn files_from(mut self, list: impl Into<Option<Source>>) -> Self {
        self.files_from = list.into();
        self
    }

    /// The format of all files. By default it is detected for each file from its first lines.
    pub fn format(mut self, format: impl Into<Option<Format>>) -> Self {
        self.config.format = format.into();
        self
    }

    /// The encoding of all files, which are converted to UTF-8. By default text is UTF-8, or UTF-16 by its byte order mark, and a line
    /// that is not UTF-8 is malformed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("old.txt");
    /// std::fs::write(&path, b"Gr\xf6\xdfe")?;
    /// let counts = ngramcount::Counter::new().encoding("latin1".parse()?).count_files([path])?;
    /// assert_eq!(counts.get("Größe"), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.config.plan.encoding = encoding;
        self
    }

    /// In text: the number of words in an n-gram, from 1 to 100. The default is `1..=1`.
    pub fn ngrams(mut self, words: RangeInclusive<u32>) -> Self {
        (self.config.plan.text.shortest, self.config.plan.text.longest) = words.into_inner();
        self
    }

    /// In text: what a word is. The default is [`Tokens::Words`].
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.config.plan.text.tokens = tokens;
        self
    }

    /// In JSON lines and Parquet: where the text of a document is. The default is the field `text`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("pages.jsonl");
    /// std::fs::write(&path, br#"{"id": 1, "page": {"body": "to be or not to be"}}"#)?;
    /// let counts = ngramcount::Counter::new().field("page.body".parse::<ngramcount::count::FieldPath>()?).count_files([path])?;
    /// assert_eq!(counts.get("to"), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn field(mut self, field: impl Into<Option<FieldPath>>) -> Self {
        self.config.plan.text.field = field.into();
        self
    }

    /// In text: what a document is. The default is a line, and a paragraph with [`across_lines`](Self::across_lines). A record of
    /// JSON lines, WET or Parquet is a document in any case.
    ///
    /// ```
    /// use ngramcount::{Counter, count::{Document, Measure, Measures}};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("paragraphs.txt");
    /// std::fs::write(&path, "to be\nor not\n\nto be\n")?;
    /// let documents = Measures::new(vec![Measure::Documents]).expect("it is one measure");
    /// let paragraphs = Counter::new().document(Document::Paragraph).measures(documents);
    /// assert_eq!(paragraphs.count_files([path])?.get("be"), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn document(mut self, document: impl Into<Option<Document>>) -> Self {
        self.config.plan.text.documents = document.into();
        self
    }

    /// In text: whether n-grams cross the ends of lines within a document.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("folded.txt");
    /// std::fs::write(&path, "to be or\nnot to be\n")?;
    /// let counts = ngramcount::Counter::new().ngrams(2..=2).across_lines(true).count_files([path])?;
    /// assert_eq!(counts.get("or not"), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn across_lines(mut self, across: bool) -> Self {
        self.config.plan.text.across_lines = across;
        self
    }

    /// In text: whether no n-gram crosses the end of a sentence.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("sentences.txt");
    /// std::fs::write(&path, "He came. She saw.")?;
    /// let counts = ngramcount::Counter::new().ngrams(2..=2).sentences(true).count_files([path])?;
    /// assert_eq!((counts.get("She saw"), counts.get("came She")), (Some(1), None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sentences(mut self, sentences: bool) -> Self {
        self.config.plan.text.sentences = sentences;
        self
    }

    /// In text: words that are in no n-gram.
    ///
    /// ```
    /// use ngramcount::{Counter, count::{StopRule, StopWords}};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("line.txt");
    /// std::fs::write(&path, "the end of the world")?;
    /// let stop = StopWords { words: vec![b"of".to_vec(), b"the".to_vec()], rule: StopRule::Remove };
    /// let counts = Counter::new().ngrams(2..=2).stop_words(stop).count_files([path])?;
    /// assert_eq!(counts.get("end world"), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop_words(mut self, words: impl Into<Option<StopWords>>) -> Self {
        self.config.plan.text.stop_words = words.into();
        self
    }

    /// In text: the normal form of Unicode to which it is brought before it is divided. So are the words that are asked for.
    ///
    /// ```
    /// use ngramcount::{Counter, count::NormalForm};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("words.txt");
    /// std::fs::write(&path, "na\u{ef}ve nai\u{308}ve")?;
    /// let counts = Counter::new().normal_form(NormalForm::Nfc).count_files([path])?;
    /// assert_eq!(counts.get("na\u{ef}ve"), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn normal_form(mut self, form: impl Into<Option<NormalForm>>) -> Self {
        self.config.plan.text.normal_form = form.into();
        self
    }

    /// Counts these n-grams only. The answer has one row for each, in this order, also for one that does not occur;
    /// [`Counts::absent`] tells which. Words that the rest of the question leaves out are an error if they are all there is.
    pub fn words<W: Into<Vec<u8>>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.config.plan.selection = Selection::Words(words.into_iter().map(W::into).collect());
        self
    }

    /// Counts only n-grams that begin with these bytes.
    pub fn prefix(mut self, prefix: impl Into<Vec<u8>>) -> Self {
        self.config.plan.filter.prefix = Some(prefix.into()).filter(|prefix| !prefix.is_empty());
        self
    }

    /// Counts only n-grams in which the pattern is found.
    pub fn regex(mut self, pattern: impl Into<Option<Pattern>>) -> Self {
        self.config.plan.filter.pattern = pattern.into();
        self
    }

    /// Counts only these years, such as `1900..=2000` or `1900..`.
    pub fn years(mut self, years: impl RangeBounds<u32>) -> Self {
        let first = match years.start_bound() {
            Bound::Included(&first) => first,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => Years::ALL.first,
        };
        let last = match years.end_bound() {
            Bound::Included(&last) => last,
            Bound::Excluded(&after) => after.saturating_sub(1),
            Bound::Unbounded => Years::ALL.last,
        };
        self.config.plan.filter.years = Years { first, last };
        self
    }

    /// Counts only n-grams whose words have these part-of-speech tags.
    pub fn pos(mut self, pos: Pos) -> Self {
        self.config.plan.filter.pos = pos;
        self
    }

    /// Counts `watch_NOUN` and `watch_VERB` as `watch`. Needs [`pos`](Self::pos) with tags.
    pub fn strip_pos(mut self, strip: bool) -> Self {
        self.config.plan.filter.strip_pos = strip;
        self
    }

    /// Counts `Watch` and `WATCH` as `watch`.
    pub fn ignore_case(mut self, ignore: bool) -> Self {
        self.config.plan.filter.ignore_case = ignore;
        self
    }

    /// What happens at a malformed line. By default the count fails there.
    pub fn bad_lines(mut self, bad_lines: BadLines) -> Self {
        self.config.plan.bad_lines = bad_lines;
        self
    }

    /// The numbers that are added up, one column each. The default is [`Measure::Matches`] alone.
    pub fn measures(mut self, measures: Measures) -> Self {
        self.config.plan.measures = measures;
        self
    }

    /// One row for each n-gram and year, in place of one for each n-gram.
    pub fn by_year(mut self, by_year: bool) -> Self {
        self.config.order.by_year = by_year;
        self
    }

    /// One row for each n-gram and file, in place of one for each n-gram.
    ///
    /// ```
    /// let files = ["data/poem.txt", "data/kjv.txt.gz"];
    /// let counts = ngramcount::Counter::new().words(["Где", "fish"]).per_file(true).count_files(files)?;
    /// let rows: Vec<_> = counts.iter().map(|row| row.to_string()).collect();
    /// assert_eq!(rows, ["data/poem.txt\tГде\t3", "data/kjv.txt.gz\tfish\t35"]);
    /// # Ok::<(), ngramcount::CounterError>(())
    /// ```
    pub fn per_file(mut self, per_file: bool) -> Self {
        self.config.plan.per_file = per_file;
        self
    }

    /// Divides the numbers by the totals of the corpus in the same years.
    pub fn relative_to(mut self, totals: impl Into<Option<Totals>>) -> Self {
        self.config.order.relative_to = totals.into();
        self
    }

    /// In an answer by years: replaces each number by the mean over this many years on both sides of its year.
    pub fn smoothing(mut self, years: impl Into<Option<u32>>) -> Self {
        self.config.order.smoothing = years.into();
        self
    }

    /// The order of the rows. By default asked words keep their order, an answer by years is sorted by n-gram, and all else by
    /// matches.
    pub fn sort(mut self, sort: impl Into<Option<Sort>>) -> Self {
        self.config.order.sort = sort.into();
        self
    }

    /// Keeps only the most frequent n-grams, in an answer by year with all their years. If rows are sorted by n-gram, the first
    /// n-grams.
    ///
    /// ```
    /// use ngramcount::Counter;
    ///
    /// let q = "data/googlebooks-eng-all-1gram-20120701-q.selected.crlf.gz";
    /// let counts = Counter::new().by_year(true).years(2007..=2008).top(1).count_files([q])?;
    /// let rows: Vec<_> = counts.iter().map(|row| row.to_string()).collect();
    /// assert_eq!(rows, ["question\t2007\t3366464", "question\t2008\t4263635"]);
    /// # Ok::<(), ngramcount::CounterError>(())
    /// ```
    pub fn top(mut self, ngrams: impl Into<Option<usize>>) -> Self {
        self.config.order.top = ngrams.into();
        self
    }

    /// Keeps only n-grams with at least this many matches in all their years together.
    pub fn min_count(mut self, matches: impl Into<Option<u64>>) -> Self {
        self.config.order.min_count = matches.into();
        self
    }

    /// How much of the input a worker gets at a time. The default is [`ChunkSize::Auto`].
    pub fn chunk(mut self, chunk: ChunkSize) -> Self {
        self.config.chunk = chunk;
        self
    }

    /// The number of threads or worker processes. The default is the number of cores.
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.config.workers = workers;
        self
    }

    /// Where the input is counted. The default is [`Isolation::Threads`].
    pub fn isolation(self, isolation: Isolation) -> Self {
        self.executor(match isolation {
            Isolation::Threads => ExecutorKind::Threads,
            Isolation::Processes => ExecutorKind::Processes,
        })
    }

    /// The executor by name: [`isolation`](Self::isolation), and the plain loop that tests compare the others with.
    pub fn executor(mut self, executor: ExecutorKind) -> Self {
        self.config.executor = executor;
        self
    }

    /// Whether the calling thread may count what an index leaves to read, if that is too little to start workers for. Threads
    /// and processes are used in any case by default.
    pub fn inline_lookups(mut self, inline: bool) -> Self {
        self.config.inline_lookups = inline;
        self
    }

    /// Which indexes are used, and whether missing ones are built. By default an index beside its file is used, and none is
    /// built.
    pub fn indexes(mut self, rules: IndexRules) -> Self {
        self.config.indexes = rules;
        self
    }

    /// The memory of all processes together, and the files for what goes beyond it. By default three fifths of what is available.
    ///
    /// ```
    /// use ngramcount::job::{MemoryLimit, MemoryRules};
    ///
    /// let mut rules = MemoryRules::default();
    /// rules.limit = MemoryLimit::Bytes(256 << 20);
    /// let counter = ngramcount::Counter::new().ignore_case(true).ngrams(3..=3).memory(rules);
    /// let counts = counter.count_files(["data/kjv.txt.gz"])?;
    /// assert_eq!(counts.get("of the lord"), Some(1742));
    /// # Ok::<(), ngramcount::CounterError>(())
    /// ```
    pub fn memory(mut self, rules: MemoryRules) -> Self {
        self.config.memory = rules;
        self
    }

    /// Keeps what is counted in a folder, so that the same question to the same files goes on there after a crash.
    pub fn checkpoint(mut self, rules: impl Into<Option<CheckpointRules>>) -> Self {
        self.config.checkpoint = rules.into();
        self
    }

    /// The rules for fetching files from servers.
    ///
    /// ```no_run
    /// use ngramcount::{Counter, input::{HttpRules, Source}};
    ///
    /// let url = "http://storage.googleapis.com/books/ngrams/books/googlebooks-eng-all-1gram-20120701-a.gz";
    /// let rules = HttpRules::default().cached_in(std::path::PathBuf::from("/tmp/ngrams"));
    /// let counts = Counter::new().words(["Aardvark"]).http(rules).count_sources(vec![Source::from(url)])?;
    /// assert_eq!(counts.get("Aardvark"), Some(15_209));
    /// # Ok::<(), ngramcount::CounterError>(())
    /// ```
    pub fn http(mut self, rules: HttpRules) -> Self {
        self.config.http = rules;
        self
    }

    /// The rules for worker processes. Threads have none.
    pub fn supervision(mut self, supervision: Supervision) -> Self {
        self.config.supervision = supervision;
        self
    }

    /// Progress counters that another thread can read while the count runs, and a token by which it can end the count.
    /// One control is for one count at a time.
    pub fn control(mut self, control: Control) -> Self {
        self.control = Some(control);
        self
    }

    /// Counts these files, as one input. A folder stands for the files in it, see [`list`](Self::list). A name that begins with `http://`, `https://`, `gs://` or `s3://` is that of a file on a
    /// server.
    ///
    /// # Errors
    /// [`CounterError::Question`] if the question has no answer, before a file is opened; otherwise
    /// [`CounterError::Job`], with the first failure in the order of the input.
    pub fn count_files<P: Into<PathBuf>>(
        &self,
        files: impl IntoIterator<Item = P>,
    ) -> Result<Counts, CounterError> {
        // A question without an answer is reported before a folder is read.
        self.job(Vec::new())?;
        let listed = self.list(files.into_iter().map(Source::file).collect());
        self.count_sources(listed.map_err(job::JobError::from)?.files)
    }

    /// The files that a count of these sources reads: those of folders that fit the patterns in the place of the folders, and
    /// behind all of them those of the list. [`list_files`] describes it.
    ///
    /// # Errors
    /// If a folder or the list cannot be read or has no file.
    pub fn list(&self, sources: Vec<Source>) -> Result<FileList, InputError> {
        let control = self.control.clone().unwrap_or_default();
        list_files(sources, self.files_from.as_ref(), &self.globs, &control)
    }

    /// Counts these sources and no others, as one input. A [`Source`] is a file or standard input; a folder is an error here.
    ///
    /// # Errors
    /// As [`count_files`](Self::count_files).
    pub fn count_sources(&self, sources: Vec<Source>) -> Result<Counts, CounterError> {
        let config = self.job(sources)?;
        let report = job::run(&config, &self.control.clone().unwrap_or_default())?;
        Ok(Counts::new(report, config))
    }

    /// The checked question as a job over these sources.
    ///
    /// # Errors
    /// If the parts of the question do not fit together.
    pub fn job(&self, sources: Vec<Source>) -> Result<Config, QuestionError> {
        let mut config = Config { sources, ..self.config.clone() };
        // Dividing by the totals of a year needs the sums of that year.
        config.plan.by_year = config.order.by_year || config.order.relative_to.is_some();
        if config.plan.per_file {
            if config.plan.by_year || config.order.smoothing.is_some() {
                return Err(QuestionError::FilesOrYears);
            }
            (config.plan.by_year, config.order.by_year) = (true, true);
        }
        normalize_words(&mut config.plan);
        check(&config)?;
        Ok(config)
    }
}

/// Brings the words of a question to the normal form of the text.
fn normalize_words(plan: &mut Plan) {
    let Some(form) = plan.text.normal_form else { return };
    let normalize = |word: &mut Vec<u8>| *word = form.apply(word);
    if let Selection::Words(words) = &mut plan.selection {
        words.iter_mut().for_each(normalize);
    }
    plan.filter.prefix.iter_mut().for_each(normalize);
    plan.text.stop_words.iter_mut().flat_map(|stop| &mut stop.words).for_each(normalize);
}

fn check(config: &Config) -> Result<(), QuestionError> {
    let Config { plan, order, format, .. } = config;
    let (shortest, longest) = (plan.text.shortest, plan.text.longest);
    if !(1..=longest).contains(&shortest) || longest > MAX_NGRAM_WORDS {
        return Err(QuestionError::Lengths { shortest, longest });
    }
    if let Selection::Words(words) = &plan.selection {
        let is_ngram =
            |word: &[u8]| !word.is_empty() && !word.iter().any(|byte| matches!(byte, b'\t' | b'\n'));
        if let Some(word) = words.iter().find(|word| !is_ngram(word)) {
            return Err(QuestionError::NotAnNgram { ngram: word.clone() });
        }
        // Rules for text are rules for nothing else, so that they refuse tables.
        let is_text = format.is_some_and(Format::is_text) || plan.text != TextRules::default();
        let finder = MismatchFinder::new(plan, is_text);
        if let Some(first) = words.first()
            && let Some(why) = finder.find(first)
            && words.iter().all(|word| finder.find(word).is_some())
        {
            return Err(QuestionError::NeverMatches { ngram: first.clone(), why });
        }
    }
    if plan.text.across_lines && plan.text.documents == Some(Document::Line) {
        return Err(QuestionError::AcrossNoLines);
    }
    let Years { first, last } = plan.filter.years;
    if first > last {
        return Err(QuestionError::Years { first, last });
    }
    match plan.filter.pos {
        Pos::All if plan.filter.strip_pos => return Err(QuestionError::CountsTwice),
        Pos::Untagged if plan.filter.strip_pos => return Err(QuestionError::NoTagsToStrip),
        _ => {}
    }
    let has_no_total = plan.measures.has(Measure::Lines) || plan.measures.has(Measure::Documents);
    if order.relative_to.is_some() && has_no_total {
        return Err(QuestionError::NoTotalLines);
    }
    if order.smoothing.is_some() {
        if !order.by_year {
            return Err(QuestionError::SmoothingWithoutYears);
        }
        let closed = first != Years::ALL.first && last != Years::ALL.last;
        if closed && last - first > MAX_SMOOTHED_YEARS {
            return Err(QuestionError::TooManyYears);
        }
    }
    format.map_or(Ok(()), |format| Ok(plan.suits(format)?))
}
