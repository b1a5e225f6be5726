/** The documentation comments of src/features/fields.ts and presets.ts, which are the descriptions of schema and tables. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** @param {string} path of a TypeScript file */
function parse(path) {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** The variables at the top of a file: name → { comment, initializer }. */
function variables(source) {
  const found = source.statements.filter(ts.isVariableStatement).flatMap((statement) =>
    statement.declarationList.declarations.map(({ name, initializer }) => {
      while (initializer && (ts.isAsExpression(initializer) || ts.isSatisfiesExpression(initializer)))
        initializer = initializer.expression;
      return [name.getText(), { comment: commentOf(statement), initializer }];
    }),
  );
  return new Map(found);
}

/** The text of the comment before a node, on one line; undefined without one. */
function commentOf(node) {
  const comment = ts
    .getJSDocCommentsAndTags(node)
    .filter((found) => found.parent === node)
    .at(-1);
  const text = comment && ts.getTextOfJSDocComment(comment.comment);
  return text?.replace(/\s+/g, ' ').trim();
}

/**
 * The properties of an object literal with their comments. Those of an object that is spread into it come first; a property
 * without a comment has that of the variable which it names.
 *
 * @returns {Map<string, string>}
 */
function propertiesOf(name, all) {
  const variable = all.get(name);
  if (!variable || !ts.isObjectLiteralExpression(variable.initializer))
    throw new Error(`${name}: expected an object at the top of the file`);
  const found = new Map();
  for (const property of variable.initializer.properties) {
    if (ts.isSpreadAssignment(property)) {
      for (const [key, comment] of propertiesOf(property.expression.getText(), all)) found.set(key, comment);
      continue;
    }
    const key = ts.isStringLiteral(property.name) ? property.name.text : property.name.getText();
    const comment = commentOf(property) ?? all.get(property.initializer.getText())?.comment;
    if (!comment) throw new Error(`${name}.${key}: expected a comment, which is its description`);
    found.set(key, comment);
  }
  return found;
}

/** @returns {{ spectral: Map<string, string>, microfrontend: Map<string, string>, presets: Map<string, string> }} */
export function readComments() {
  const fields = variables(parse('src/features/fields.ts'));
  const spectral = propertiesOf('SPECTRAL_FIELDS', fields);
  const presets = variables(parse('src/features/presets.ts'));
  return {
    spectral,
    microfrontend: propertiesOf('MICROFRONTEND_FIELDS', fields),
    presets: propertiesOf('PRESETS', presets),
  };
}
