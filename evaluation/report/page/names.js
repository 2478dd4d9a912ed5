// Names of TeX and what they are in MathML.

const GREEK = "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ " +
  "lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ sigma σ tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ " +
  "Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω infty ∞ ell ℓ emptyset ∅ varnothing ∅ partial ∂ " +
  "nabla ∇ hbar ℏ Re ℜ Im ℑ aleph ℵ ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ circ ∘ degree ° prime ′ " +
  "angle ∠ triangle △ square □ Box □ blacksquare ■ star ⋆ dagger † checkmark ✓ AA Å clubsuit ♣ spadesuit ♠ heartsuit ♡ diamondsuit ♢ mho ℧ bigstar ★ " +
  "dotsm ⋯ dotsi ⋯ dotso … surd √ Diamond ◇ diamond ⋄ bigcirc ◯ bigtriangleup △ blacktriangle ▲ lozenge ◊ measuredangle ∡ top ⊤ bot ⊥ imath ı jmath ȷ";
const OPERATORS = "cdot ⋅ times × div ÷ pm ± mp ∓ ast ∗ oplus ⊕ otimes ⊗ bullet • le ≤ leq ≤ leqslant ⩽ ge ≥ geq ≥ " +
  "geqslant ⩾ ne ≠ neq ≠ lt < gt > ll ≪ gg ≫ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅ propto ∝ to → rightarrow → " +
  "leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⟹ impliedby ⟸ iff ⟺ mapsto ↦ " +
  "Longrightarrow ⟹ Longleftarrow ⟸ Longleftrightarrow ⟺ longleftarrow ⟵ nearrow ↗ searrow ↘ rightrightarrows ⇉ " +
  "odot ⊙ ominus ⊖ oslash ⊘ Join ⋈ bowtie ⋈ triangledown ▽ amalg ⨿ uplus ⊎ lesssim ≲ gtrsim ≳ lessgtr ≶ longrightarrow ⟶ longmapsto ⟼ uparrow ↑ downarrow ↓ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ " +
  "subsetneq ⊊ cup ∪ cap ∩ setminus ∖ backslash ∖ land ∧ wedge ∧ lor ∨ vee ∨ neg ¬ lnot ¬ forall ∀ exists ∃ nexists ∄ " +
  "mid ∣ nmid ∤ parallel ∥ perp ⟂ therefore ∴ because ∵ colon : cdotp ⋅ models ⊨ vdash ⊢ prec ≺ succ ≻ doteq ≐ " +
  "triangleq ≜ asymp ≍ hookrightarrow ↪ rightleftharpoons ⇌ lvert | rvert | lVert ‖ rVert ‖ langle ⟨ rangle ⟩ " +
  "lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lbrace { rbrace } lbrack [ rbrack ] vert | Vert ‖ | ‖ { { } }";
const LARGE = "sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigvee ⋁ bigwedge ⋀";
const INTEGRALS = "int ∫ iint ∬ iiint ∭ oint ∮";
const ACCENTS = "bar ‾ overline ‾ hat ^ widehat ^ vec → overrightarrow → overleftarrow ← overleftrightarrow ↔ tilde ~ widetilde ~ dot ˙ ddot ¨ overbrace ⏞ overarc ⏜ overparen ⏜ widecheck ˇ check ˇ breve ˘ mathring ˚";
const FUNCTIONS = new Set(("sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh coth log ln lg exp " +
  "deg dim ker arg hom sgn lcm").split(" "));
const LIMITS = new Set("lim max min sup inf gcd det Pr limsup liminf argmax argmin".split(" "));
const SPACES = { ",": 0.167, ":": 0.222, ">": 0.222, ";": 0.278, " ": 0.25, "~": 0.25, "!": 0, quad: 1, qquad: 2, enspace: 0.5,
  thinspace: 0.167, medspace: 0.222, thickspace: 0.278 };
const SILENT = new Set(("displaystyle textstyle scriptstyle limits nolimits big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr " +
  "Biggl Biggr bigm allowbreak nonumber notag hline hfill left. right. strut centering rm bf it").split(" "));
const FONTS = { mathbb: "double-struck", mathcal: "script", mathscr: "script", mathfrak: "fraktur", mathbf: "bold", bold: "bold",
  boldsymbol: "bold", bm: "bold", mathit: "italic", mathrm: "normal", mathsf: "normal", mathtt: "normal" };
const TEXTS = new Set("text textrm textbf textit textsf texttt textnormal mbox hbox operatorname mathop emph textup".split(" "));
const FENCES = { matrix: "", smallmatrix: "", pmatrix: "()", bmatrix: "[]", Bmatrix: "{}", vmatrix: "||", Vmatrix: "‖‖",
  cases: "{ ", rcases: " }", array: "", aligned: "", align: "", "align*": "", gathered: "", gather: "", "gather*": "",
  split: "", equation: "", "equation*": "", eqnarray: "", "eqnarray*": "", alignat: "", multline: "", "multline*": "" };
const ALIGNED = new Set(["aligned", "align", "align*", "split", "eqnarray", "eqnarray*"]);

const table = (words) => {
  const parts = words.split(" ");
  return new Map(parts.flatMap((part, i) => (i % 2 ? [] : [[part, parts[i + 1]]])));
};
const LETTERS = table(GREEK), SIGNS = table(OPERATORS), SUMS = table(LARGE), INTS = table(INTEGRALS), OVER = table(ACCENTS);

// Letters of the alphabets beyond Unicode's first plane, which MathML Core has instead of a `mathvariant`.
const PLACES = { "double-struck": [0x1d538, 0x1d552], script: [0x1d49c, 0x1d4b6], fraktur: [0x1d504, 0x1d51e],
  bold: [0x1d400, 0x1d41a], italic: [0x1d434, 0x1d44e] };
const HOLES = { "double-struck": { C: "ℂ", H: "ℍ", N: "ℕ", P: "ℙ", Q: "ℚ", R: "ℝ", Z: "ℤ" },
  script: { B: "ℬ", E: "ℰ", F: "ℱ", H: "ℋ", I: "ℐ", L: "ℒ", M: "ℳ", R: "ℛ", e: "ℯ", g: "ℊ", o: "ℴ" },
  fraktur: { C: "ℭ", H: "ℌ", I: "ℑ", R: "ℜ", Z: "ℨ" }, italic: { h: "ℎ" } };

function inFont(text, font) {
  if (font === "normal") return text;
  return [...text].map((letter) => {
    if (HOLES[font]?.[letter]) return HOLES[font][letter];
    const code = letter.codePointAt(0), [capital, small] = PLACES[font];
    if (/[A-Z]/.test(letter)) return String.fromCodePoint(capital + code - 65);
    if (/[a-z]/.test(letter)) return String.fromCodePoint(small + code - 97);
    return font === "bold" && /\d/.test(letter) ? String.fromCodePoint(0x1d7ce + code - 48) : letter;
  }).join("");
}
