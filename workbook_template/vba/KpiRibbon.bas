Attribute VB_Name = "KpiRibbon"
'What the ribbon asks and what its buttons do. Labels and tips in three languages stand on a hidden sheet, because VBA
'knows only the letters of one code page.
Option Explicit

Private Const TEXT_SHEET As String = "LeadKPI_Texts"
Private Const FAMILY_COLUMN As Long = 6
Private Const ADD_IN As String = "LeadKPI.xlam"
Private Const CONFIGURATION As String = "\leadkpi\leadkpi.conf"
Private Const TITLE As String = "Lead KPI"

'A template needs no tab of its own where the add-in is loaded.
Public Sub LeadKpiVisible(control As IRibbonControl, ByRef returnedVal)
    returnedVal = ThisWorkbook.IsAddin Or Not IsLoaded(ADD_IN)
End Sub

Public Sub LeadKpiLabel(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Translated("ribbon." & control.ID)
End Sub

Public Sub LeadKpiSupertip(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Translated("tip." & control.ID)
End Sub

Public Sub LeadKpiRun(control As IRibbonControl)
    Report LeadKpi.Bridge.RunMacro(control.Tag, ActiveWorkbook)
End Sub

Public Sub LeadKpiSettings(control As IRibbonControl)
    Dim question As String
    question = Translated("msg.settings") & vbLf & Environ$("APPDATA") & CONFIGURATION & vbLf & vbLf & _
        Translated("msg.restart")
    If MsgBox(question, vbYesNo + vbQuestion, TITLE) = vbYes Then LeadKpi.Bridge.StopPython
End Sub

'The galleries of KPIs, one a family; the tag of each is its family.
Public Sub LeadKpiFamily(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Translated("family." & control.Tag)
End Sub

Public Sub LeadKpiItemCount(control As IRibbonControl, ByRef returnedVal)
    returnedVal = Application.WorksheetFunction.CountIf(Words.Columns(FAMILY_COLUMN), control.Tag)
End Sub

Public Sub LeadKpiItemId(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, 1)
End Sub

Public Sub LeadKpiItemLabel(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, 1) & "  " & KpiCell(control.Tag, index, 1 + LanguageColumn())
End Sub

Public Sub LeadKpiItemScreentip(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, 5)
End Sub

Public Sub LeadKpiItemSupertip(control As IRibbonControl, index As Integer, ByRef returnedVal)
    returnedVal = KpiCell(control.Tag, index, 5 + LanguageColumn())
End Sub

Public Sub LeadKpiInsert(control As IRibbonControl, id As String, index As Integer)
    Report LeadKpi.Bridge.RunMacro("InsertKpi." & id, ActiveWorkbook)
End Sub

Private Sub Report(ByVal message As String)
    If message <> "" Then MsgBox message, vbInformation, TITLE
End Sub

Private Function Words() As Object
    Set Words = ThisWorkbook.Worksheets(TEXT_SHEET)
End Function

'Text of a key in the language of Excel's menus, in English if that is neither Polish nor Russian.
Private Function Translated(ByVal key As String) As String
    Dim row As Variant
    Translated = key
    row = Application.Match(key, Words.Columns(1), 0)
    If Not IsError(row) Then Translated = Words.Cells(row, 1 + LanguageColumn()).Value2
End Function

Private Function LanguageColumn() As Long
    Const USER_INTERFACE As Long = 2
    LanguageColumn = 1
    On Error Resume Next
    Select Case Application.LanguageSettings.LanguageID(USER_INTERFACE)
        Case 1045: LanguageColumn = 2
        Case 1049: LanguageColumn = 3
    End Select
End Function

'A cell of the list of KPIs: the rows of a family stand together.
Private Function KpiCell(ByVal family As String, ByVal index As Long, ByVal column As Long) As String
    Dim first As Variant
    first = Application.Match(family, Words.Columns(FAMILY_COLUMN), 0)
    If Not IsError(first) Then KpiCell = Words.Cells(first + index, FAMILY_COLUMN + column).Value2
End Function

Private Function IsLoaded(ByVal fileName As String) As Boolean
    Dim book As Object
    On Error Resume Next
    Set book = Application.Workbooks(fileName)
    IsLoaded = Not book Is Nothing
End Function
