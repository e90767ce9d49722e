"""The program without wholeness, solved by HiGHS for one aim after another."""

from dataclasses import replace
from math import floor
from typing import Any

import highspy
import numpy as np
from highspy._core import _Highs

from models.rules.cover.aims import aims, tie
from models.rules.cover.face import TOLERANCE, Face, Numbers, Relaxed, whole
from models.rules.cover.program import Program, Row, Terms

_RUN = 20
"""What one aim costs at least, in steps of the simplex method."""
_COLUMNS = 400
"""So many columns are usual; with more of them a step takes longer and counts for more."""
_NUMBERS = 20_000
"""So many numbers in all rows are usual at most; with more of them a step counts for more."""

_OPTIONS = highspy.HighsOptions()
_OPTIONS.output_flag = False
_OPTIONS.threads = 1
_OPTIONS.presolve = "off"
_OPTIONS.solver = "simplex"


class Work:
    """How many steps may still be made. A budget of steps, not of seconds, so that every run ends alike."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        """Start with so many."""
        self.left = left


class InfeasibleError(Exception):
    """The bounds leave nothing."""


class UnsolvedError(Exception):
    """The solver gave up: the work ran out, or the numbers did not let it tell."""


class Relaxation:
    """Keeps the program in the solver; bounds come and go."""

    def __init__(self, program: Program, work: Work) -> None:
        """Hand the program over."""
        self._program, self._work = program, work
        self._aims = np.array([_dense(terms, program.columns) for terms in aims(program)])
        self._columns = np.arange(program.columns, dtype=np.int32)
        self._rows = np.arange(len(program.rows), dtype=np.int32)
        self.all = Face(
            np.zeros(program.columns),
            np.array(program.most, dtype=float),
            np.array([-np.inf if row.least is None else row.least for row in program.rows], dtype=float),
            np.array([row.most for row in program.rows], dtype=float),
        )
        numbers = sum(len(row.terms) for row in program.rows)
        self._size = max(1.0, program.columns / _COLUMNS, numbers / _NUMBERS)
        self._row_of_aim: dict[int, int] = {}
        # What the class around it adds is a line of greeting on the terminal, and callbacks.
        self._solver: Any = _Highs()
        self._solver.passOptions(_OPTIONS)
        self._solver.passModel(self._model(program.rows))

    def _model(self, rows: list[Row]) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._columns), len(rows)
        model.col_cost_ = np.zeros(len(self._columns))
        model.col_lower_, model.col_upper_ = self.all.least, self.all.most
        model.row_lower_, model.row_upper_ = self.all.rows_least, self.all.rows_most
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *(len(row.terms) for row in rows)], dtype=np.int32)
        matrix.index_ = np.array([column for row in rows for column in row.terms], dtype=np.int32)
        matrix.value_ = np.array([times for row in rows for times in row.terms.values()], dtype=float)
        return model

    def values(self, point: Numbers) -> tuple[int, ...]:
        """Return what a whole point reaches of each aim."""
        return tuple(np.round(self._aims @ point).astype(int).tolist())

    def best(self, face: Face, beat: tuple[int, ...]) -> Relaxed | None:
        """Return the best point of the face, None where none is as good as what is to be beaten.

        An aim that is reached by a fraction only is cut to a whole number where that may show that nothing is better;
        elsewhere the answer ends there. Raises InfeasibleError where the face is empty, UnsolvedError where that could
        not be told.
        """
        faces = [face]
        self._bound(face)
        value, point = self._run(self._aim(face))
        while len(face.reached) < len(self._aims):
            faces[-1] = replace(face, basis=(len(self._row_of_aim), self._solver.getBasis()))
            before, face = face, self._next(face, value)
            if face.reached < beat[: len(face.reached)]:
                return None
            cut = face.cut != before.cut
            if cut and face.reached != beat[: len(face.reached)]:
                break
            self._bound(face)
            try:
                wanted = self._aim(face)
                if cut or face.leaves_open(wanted):
                    value, point = self._run(wanted)
                else:
                    value = float(wanted @ face.least)
            except InfeasibleError as error:
                if not cut:
                    raise UnsolvedError from error
                # Nothing reaches the whole number that the aim was cut to, so that nothing is known beyond it.
                break
            faces.append(face)
        return Relaxed(point, tuple(faces), face.reached)

    def leaves_something(self, face: Face) -> bool:
        """Say whether the face has any point."""
        self._bound(face)
        try:
            self._run(np.zeros(len(self._columns)))
        except InfeasibleError:
            return False
        return True

    def settled(self, face: Face) -> Numbers | None:
        """Return the whole point of the face that the ties prefer, None where what they prefer is not whole."""
        self._bound(face)
        settled: Numbers | None = None
        for placed in (False, True):
            visit = 0
            while visit < len(self._program.of_visit):
                open_still = set(np.nonzero(face.least < face.most)[0].tolist())
                terms, visit = tie(self._program, open_still, visit, placed=placed)
                if not terms:
                    continue
                try:
                    _, point = self._run(_dense(terms, len(self._columns)))
                except (InfeasibleError, UnsolvedError):
                    return settled
                if not whole(point):
                    return settled
                settled = point
                face = self._kept_to_the_best(face)
                self._bound(face)
        return settled

    def _aim(self, face: Face) -> Numbers:
        reached = len(face.reached)
        aim: Numbers = self._aims[reached] if reached < len(self._aims) else np.zeros(len(self._columns))
        return aim

    def _next(self, face: Face, value: float) -> Face:
        """Return what is left of a face where the next aim is reached as far as a whole number goes."""
        whole_value = floor(value + TOLERANCE)
        reached = (*face.reached, whole_value)
        if value - whole_value <= TOLERANCE:
            return replace(self._kept_to_the_best(face), reached=reached)
        return replace(face, reached=reached, cut=face.cut | {len(face.reached)}, basis=None)

    def _kept_to_the_best(self, face: Face) -> Face:
        prices = np.array(self._solution.row_dual)[: len(self._rows)]
        return face.as_good_as(np.array(self._solution.col_dual), prices)

    def _bound(self, face: Face) -> None:
        solver = self._solver
        for aim in sorted(face.cut - self._row_of_aim.keys()):
            self._row_of_aim[aim] = solver.getNumRow()
            columns = np.nonzero(self._aims[aim])[0].astype(np.int32)
            solver.addRow(-np.inf, np.inf, len(columns), columns, self._aims[aim][columns])
        if face.basis is not None and face.basis[0] == len(self._row_of_aim):
            solver.setBasis(face.basis[1])
        solver.changeColsBounds(len(self._columns), self._columns, face.least, face.most)
        solver.changeRowsBounds(len(self._rows), self._rows, face.rows_least, face.rows_most)
        for aim, row in self._row_of_aim.items():
            bounds = (face.reached[aim], face.reached[aim]) if aim in face.cut else (-np.inf, np.inf)
            solver.changeRowBounds(row, *bounds)

    def _run(self, wanted: Numbers) -> tuple[float, Numbers]:
        """Return the largest sum and where it is reached."""
        solver, size = self._solver, self._size
        solver.setOptionValue("simplex_iteration_limit", max(_RUN, int(self._work.left / size)))
        solver.changeColsCost(len(self._columns), self._columns, -wanted)
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        self._work.left -= int(size * (_RUN + info.simplex_iteration_count))
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError
        if status != highspy.HighsModelStatus.kOptimal:
            raise UnsolvedError
        self._solution = self._solver.getSolution()
        return -info.objective_function_value, np.array(self._solution.col_value)


def _dense(terms: Terms, columns: int) -> Numbers:
    dense = np.zeros(columns)
    dense[list(terms)] = list(terms.values())
    return dense
