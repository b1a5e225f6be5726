/** Which of TypeScript's declarations are shipped: what an application can come to know, without what is marked as internal. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** All names of a module. */
const EVERYTHING = '*';

/** Whether a declaration or a member is marked as the project's own. */
const isInternal = (node) =>
  ts.isDeclarationStatement(node) || ts.isVariableStatement(node) || ts.isClassElement(node) || ts.isTypeElement(node)
    ? /^\s*\/\*\*(?:(?!\*\/)[^])*@internal/.test(node.getFullText())
    : false;

/** A declaration's text without its internal members. */
function publicText(statement) {
  const start = statement.getFullStart();
  let text = statement.getFullText();
  for (const member of [...(statement.members ?? [])].reverse()) {
    if (isInternal(member)) text = text.slice(0, member.getFullStart() - start) + text.slice(member.getEnd() - start);
  }
  return text;
}

/** A module's declarations: statements by the names that they declare, and where imported names come from. */
class Module {
  constructor(path) {
    if (!existsSync(path)) throw new Error(`${path}: no such declarations, expected those that another module imports`);
    this.path = path;
    this.source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
    /** name here → { path, name } there */
    this.imported = new Map();
    /** name → statements: a function has one for each overload */
    this.declared = new Map();
    this.kept = new Set();
    this.used = new Set();
    for (const statement of this.source.statements) this.#read(statement);
  }

  #read(statement) {
    const from = statement.moduleSpecifier && this.resolve(statement.moduleSpecifier.text);
    const bindings = statement.importClause?.namedBindings ?? statement.exportClause;
    if (from === null) return; // a package's, or Node's
    if (from !== undefined && bindings?.elements) {
      for (const { name, propertyName } of bindings.elements)
        this.imported.set(name.text, { path: from, name: (propertyName ?? name).text });
    } else if (
      from !== undefined ||
      (ts.isExportDeclaration(statement) && statement.exportClause?.elements?.length > 0)
    ) {
      throw new Error(`${this.path}: ${statement.getText()}: expected import or export { names } from a module`);
    } else {
      const names = statement.declarationList?.declarations.map(({ name }) => name.text) ?? [statement.name?.text];
      for (const name of names) this.declared.set(name, [...(this.declared.get(name) ?? []), statement]);
    }
  }

  /** The declarations file that a relative specifier means; null for a package. */
  resolve(specifier) {
    return specifier.startsWith('.') ? join(dirname(this.path), specifier.replace(/\.js$/, '.d.ts')) : null;
  }

  /** The module's text with no more than what was kept; unused names go from its imports. */
  print() {
    return this.source.statements
      .map((statement) => this.#printed(statement))
      .join('')
      .trimStart();
  }

  #printed(statement) {
    const bindings = statement.importClause?.namedBindings ?? statement.exportClause;
    if (!bindings?.elements || !statement.moduleSpecifier) {
      const isDeclaration = [...this.declared.values()].some((statements) => statements.includes(statement));
      return isDeclaration && !this.kept.has(statement) ? '' : publicText(statement);
    }
    const isPackage = this.resolve(statement.moduleSpecifier.text) === null;
    const names = bindings.elements.filter(({ name }) => isPackage || this.used.has(name.text)).map((e) => e.getText());
    if (names.length === 0) return '';
    const comment = statement.getFullText().slice(0, statement.getLeadingTriviaWidth());
    const isType = statement.isTypeOnly || statement.importClause?.isTypeOnly;
    const keyword = `${ts.isImportDeclaration(statement) ? 'import' : 'export'}${isType ? ' type' : ''}`;
    return `${comment}${keyword} { ${names.join(', ')} } from ${statement.moduleSpecifier.getText()};`;
  }
}

/** The modules and the names in them that the entry points' exports reach, by the paths of their declarations. */
function reach(entries) {
  const modules = new Map();
  const wanted = entries.map((path) => ({ path, name: EVERYTHING }));
  for (let want = wanted.pop(); want !== undefined; want = wanted.pop()) {
    const module = modules.get(want.path) ?? new Module(want.path);
    modules.set(want.path, module);
    const names = want.name === EVERYTHING ? [...module.declared.keys(), ...module.imported.keys()] : [want.name];
    for (const name of names) use(module, name, wanted);
  }
  return modules;
}

/** Keeps what declares `name`, and notes what that needs of other modules. */
function use(module, name, wanted) {
  if (module.used.has(name)) return;
  const from = module.imported.get(name);
  const statements = module.declared.get(name);
  if (!from && !statements) return; // a member's name, a parameter's, or the platform's
  module.used.add(name);
  if (from) wanted.push(from);
  const visit = (node) => {
    if (isInternal(node)) return;
    if (ts.isIdentifier(node)) use(module, node.text, wanted);
    if (ts.isImportTypeNode(node)) wanted.push(...importedType(module, node));
    ts.forEachChild(node, visit);
  };
  for (const statement of statements ?? []) {
    module.kept.add(statement);
    visit(statement);
  }
}

/** What `import('./module.js').Name` wants. */
function importedType(module, { argument, qualifier }) {
  const path = module.resolve(argument.literal.text);
  return path === null ? [] : [{ path, name: qualifier?.text ?? EVERYTHING }];
}

/** Writes the declarations that the entry points of the folder `from` reach to the same places below `to`. */
export function copyDeclarations(from, to, entries) {
  for (const [path, module] of reach(entries.map((entry) => join(from, entry)))) {
    const target = join(to, relative(from, path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, module.print());
  }
}
